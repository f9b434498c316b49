import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

/** A file of ours, read and parsed once. */
export interface SourceFile {
  /** From the root, with slashes. */
  path: string;
  lines: string[];
  /** Specs, fixtures, and whatever only proves something. */
  isTest: boolean;
  /** Of TypeScript and JavaScript; everything below is empty without it. */
  ast?: ts.SourceFile;
  nodes: ts.Node[];
  comments: Comment[];
}

interface Comment {
  /** From 1. */
  line: number;
  /** Without its marks. */
  text: string;
  isBlock: boolean;
}

export interface Finding {
  path: string;
  /** From 1. */
  line: number;
  rule: string;
  /** What is wrong and what mends it. */
  says: string;
}

const NOT_OURS = new Set(['node_modules', 'dist', 'generated', '.git', '.nx', '.yuzhi', 'docs']);
const READ = /\.(?:tsx?|mjs|sql|prisma)$/;
const CODE = /\.(?:tsx?|mjs)$/;
const TEST =
  /(?:\.(?:spec|fixture|specification)\.tsx?$|\/(?:fixture|testing)\/|^journeys\/|^loadtests\/|^libs\/testkit\/)/;

export function sourceFile(path: string, text: string): SourceFile {
  const file = { path, lines: text.split('\n'), isTest: TEST.test(path) };
  if (!CODE.test(path)) return { ...file, nodes: [], comments: [] };
  const ast = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const nodes = nodesOf(ast);
  return { ...file, ast, nodes, comments: commentsOf(ast, nodes) };
}

/** Everything below `root` that is written by hand. */
export function readSources(root: string): SourceFile[] {
  const paths: string[] = [];
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !NOT_OURS.has(entry.name)) walk(path);
      else if (entry.isFile() && READ.test(entry.name)) paths.push(path);
    }
  };
  walk(root);
  return paths
    .map((path) => sourceFile(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8')))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Every node below `root`, itself included, from the top. */
export function nodesOf(root: ts.Node): ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node) => {
    nodes.push(node);
    node.forEachChild(visit);
  };
  visit(root);
  return nodes;
}

/** From 1. */
export const lineOf = (ast: ts.SourceFile, position: number): number =>
  ast.getLineAndCharacterOfPosition(position).line + 1;

/** Those inside of strings and templates are none. */
function commentsOf(ast: ts.SourceFile, nodes: ts.Node[]): Comment[] {
  const found = new Map<number, Comment>();
  const seen = new Set<number>();
  const add = (at: number, ranges: ts.CommentRange[] | undefined) => {
    seen.add(at);
    for (const { pos, end, kind } of ranges ?? []) {
      const isBlock = kind === ts.SyntaxKind.MultiLineCommentTrivia;
      const text = ast.text.slice(pos + 2, isBlock ? end - 2 : end);
      found.set(pos, { line: lineOf(ast, pos), text, isBlock });
    }
  };
  for (const node of nodes) {
    if (node.kind === ts.SyntaxKind.JsxText) continue;
    const [start, end] = [node.getFullStart(), node.getEnd()];
    if (!seen.has(start)) add(start, ts.getLeadingCommentRanges(ast.text, start));
    if (!seen.has(-end)) add(-end, ts.getTrailingCommentRanges(ast.text, end));
  }
  return [...found].toSorted(([a], [b]) => a - b).map(([, comment]) => comment);
}
