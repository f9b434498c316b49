import ts from 'typescript';
import type { Finding, SourceFile } from './source-file.ts';

export type Rule = (file: SourceFile) => Finding[];

const FILE_MAX = 300;
const TEST_MAX = 500;
/** Lists of declarations, one file per owner: longer than code, for there is nothing to follow in them. */
const DECLARATIONS = /^libs\/protocol\/src\/(?:identity|register|listings|bidding|contracts|escrow|oversight)\.ts$/;
const LINE_MAX = 120;

const found = ({ path }: SourceFile, line: number, rule: string, says: string): Finding => ({ path, line, rule, says });

/** Lines that end in a newline, so an empty last one does not count. */
const length = ({ lines }: SourceFile) => (lines.at(-1) === '' ? lines.length - 1 : lines.length);

const fileLength: Rule = (file) => {
  const max = file.isTest || DECLARATIONS.test(file.path) ? TEST_MAX : FILE_MAX;
  if (!file.ast || length(file) <= max) return [];
  const says = `${length(file)} lines, at most ${max}: give the second thought in it a file of its own`;
  return [found(file, max + 1, 'file-length', says)];
};

const lineLength: Rule = (file) =>
  file.lines.flatMap((text, n) =>
    Array.from(text).length > LINE_MAX
      ? [found(file, n + 1, 'line-length', `more than ${LINE_MAX} characters: break it`)]
      : [],
  );

const FOLDERS = /(?:^|\/)(dto|entities|interfaces|utils?|common|shared|helpers?|core|constants|misc)\//;

const folderName: Rule = (file) => {
  const [, name] = FOLDERS.exec(file.path) ?? [];
  if (!name) return [];
  return [found(file, 1, 'folder-name', `a folder \`${name}\` says nothing: put the file beside what uses it`)];
};

const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/;

const fileName: Rule = (file) => {
  const names = file.path.split('/').filter((name) => !name.startsWith('.') && !/^\d+_/.test(name));
  const bad = names.find((name) => !KEBAB.test(name));
  return bad ? [found(file, 1, 'file-name', `\`${bad}\`: names are kebab-case, \`<noun>.<kind>.ts\``)] : [];
};

const isReExport = (node: ts.Statement) => ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined;

const barrel: Rule = (file) => {
  const statements = file.ast?.statements ?? [];
  const isIndex = /(?:^|\/)index\.\w+$/.test(file.path);
  const only = statements.length > 0 && statements.every(isReExport);
  if (!only && !(isIndex && statements.some(isReExport))) return [];
  return [found(file, 1, 'barrel', 'only passes others on: delete it and import from the files themselves')];
};

const unfinished: Rule = (file) =>
  file.comments.flatMap(({ line, text }) => {
    const [word] = /\b(?:TODO|FIXME|XXX|HACK)\b/.exec(text) ?? [];
    return word ? [found(file, line, 'unfinished', `${word}: do it now, or open an issue and delete the comment`)] : [];
  });

/** Whole lines that a compiler would take and a person would not write. */
const CODE = [
  /^(?:import|export)\b.*['";{]$/,
  /^(?:const|let|var)\s+[\w{[].*=/,
  /^(?:return|throw|await)\b.*;$/,
  /^(?:if|for|while|switch)\s*\(.*\)\s*(?:\{|.*;)$/,
  /^(?:async\s+)?function\b.*\{$/,
  /^(?:this\.)?[\w#]+(?:\??\.\w+)*\([^()]*\);$/,
  /^[\w.[\]]+\s*[-+*]?=\s*[^=>].*;$/,
  /^\}(?:\s*else\b.*)?[;)]*$/,
];

const commentedOut: Rule = (file) =>
  file.comments.flatMap(({ line, text, isBlock }) =>
    text.split('\n').flatMap((one, n) => {
      const bare = isBlock ? one.trim().replace(/^\* ?/, '') : one.trim();
      if (!CODE.some((pattern) => pattern.test(bare))) return [];
      return [found(file, line + n, 'commented-out', 'looks like code: delete it, git remembers')];
    }),
  );

const COLUMN = /\b(?:Float|Decimal|double precision|real|numeric|decimal)\b/i;

/** Amounts are whole fen, and nothing else in a database of ours has a fraction. */
const columnType: Rule = (file) => {
  if (!/\.(?:prisma|sql)$/.test(file.path) || !/(?:^|\/)prisma\//.test(file.path)) return [];
  return file.lines.flatMap((text, n) => {
    const [type] = COLUMN.exec(text.replace(/(?:--|\/\/).*/, '')) ?? [];
    return type
      ? [found(file, n + 1, 'column-type', `${type}: whole numbers only, BigInt for fen and Int for basis points`)]
      : [];
  });
};

export const fileRules: Rule[] = [
  fileLength,
  lineLength,
  folderName,
  fileName,
  barrel,
  unfinished,
  commentedOut,
  columnType,
];
