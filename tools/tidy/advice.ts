import ts from 'typescript';
import { type Finding, lineOf, type SourceFile } from './source-file.ts';

const linesOf = (files: SourceFile[]) => files.reduce((sum, { lines }) => sum + lines.length, 0);

/** What must be proved at least as long as it is written: every lib, and the domain of every service. */
const homeOf = (path: string): string | undefined => /^(?:libs\/[^/]+|services\/[^/]+\/src\/domain)\//.exec(path)?.[0];

/** Test lines against source lines. */
export function coverageAdvice(files: SourceFile[]): Finding[] {
  const homes = Map.groupBy(
    files.filter(({ ast, path }) => ast && homeOf(path)),
    ({ path }) => homeOf(path)!,
  );
  return [...homes].flatMap(([path, of]) => {
    const { tests = [], sources = [] } = Object.groupBy(of, ({ path: one }) =>
      one.endsWith('.spec.ts') ? 'tests' : 'sources',
    );
    const [proved, written] = [linesOf(tests), linesOf(sources)];
    if (proved >= written) return [];
    return [
      {
        path,
        line: 0,
        rule: 'test-lines',
        says: `${proved} lines of tests for ${written} of source: prove ${written - proved} more`,
      },
    ];
  });
}

const isExported = (node: ts.Node) =>
  ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;

/** Exports of a lib without a docstring. */
export function docstringAdvice(files: SourceFile[]): Finding[] {
  return files
    .filter(({ path, isTest }) => path.startsWith('libs/') && !isTest)
    .flatMap(({ path, ast }) =>
      (ast?.statements ?? [])
        .filter((node) => isExported(node) && ts.getJSDocCommentsAndTags(node).length === 0)
        .map((node) => ({
          path,
          line: lineOf(ast!, node.getStart()),
          rule: 'docstring',
          says: `${nameOf(node)} has none`,
        })),
    );
}

function nameOf(node: ts.Statement): string {
  const [named] = ts.isVariableStatement(node) ? node.declarationList.declarations : [node];
  return (named && ts.getNameOfDeclaration(named as ts.Declaration)?.getText()) ?? 'an export';
}
