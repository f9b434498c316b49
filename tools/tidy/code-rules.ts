import ts from 'typescript';
import type { Rule } from './file-rules.ts';
import { type Finding, lineOf, nodesOf, type SourceFile } from './source-file.ts';

const FUNCTION_MAX = 60;
const CONSTRUCTOR_MAX = 5;

/** What is wrong with one node, if anything. */
type NodeRule = (node: ts.Node, file: SourceFile) => string | undefined;

const each =
  (rule: string, judge: NodeRule): Rule =>
  (file) =>
    file.nodes.flatMap((node): Finding[] => {
      const says = judge(node, file);
      return says ? [{ path: file.path, line: lineOf(file.ast!, node.getStart(file.ast)), rule, says }] : [];
    });

const TESTS = /^(?:describe|it|test)\b/;
const isTestCall = (node: ts.Node) => ts.isCallExpression(node) && TESTS.test(node.expression.getText());

/** What holds tests only groups them, and what is one literal is data: neither is read as steps. */
function isList(body: ts.Node, isTest: boolean): boolean {
  const bare = ts.isParenthesizedExpression(body) ? body.expression : body;
  if (ts.isObjectLiteralExpression(bare) || ts.isArrayLiteralExpression(bare)) return true;
  return isTest && nodesOf(body).some(isTestCall);
}

const functionLength = each('function-length', (node, { ast, isTest }) => {
  if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return undefined;
  const lines = lineOf(ast!, node.getEnd()) - lineOf(ast!, node.getStart()) + 1;
  if (lines <= FUNCTION_MAX || isList(node.body, isTest)) return undefined;
  return `${lines} lines, at most ${FUNCTION_MAX}: name its second step and give it a function`;
});

const constructorLength = each('constructor-length', (node) => {
  if (!ts.isConstructorDeclaration(node) || node.parameters.length <= CONSTRUCTOR_MAX) return undefined;
  return `${node.parameters.length} dependencies, at most ${CONSTRUCTOR_MAX}: these are two classes, or parts of one`;
});

const AMOUNT = /(?:Fen|[aA]mount)$/;
const isNumber = (type: ts.TypeNode): boolean =>
  type.kind === ts.SyntaxKind.NumberKeyword || (ts.isUnionTypeNode(type) && type.types.some(isNumber));

const isTyped = (node: ts.Node) =>
  ts.isParameter(node) ||
  ts.isVariableDeclaration(node) ||
  ts.isPropertySignature(node) ||
  ts.isPropertyDeclaration(node);

/** The adapter of a payment rail speaks the numbers of the other side, and turns them into bigint there. */
const isAdapter = (path: string) => path.endsWith('.rail.ts');

const moneyAsNumber = each('money-as-number', (node, { isTest, path }) => {
  if (isTest || isAdapter(path) || !isTyped(node) || !node.type || !isNumber(node.type)) return undefined;
  const name = node.name.getText();
  return AMOUNT.test(name) ? `${name} is money: bigint fen in memory, a digit string on the wire` : undefined;
});

/** Where no money is: measuring, printing, starting things. */
const MEASURES = /^(?:tools\/(?!stripe-sandbox|patent-office)|deploy\/|loadtests\/|libs\/(?:backing|telemetry)\/)/;

const floats = each('float', (node, { path, isTest }) => {
  if (isTest || MEASURES.test(path) || !ts.isCallExpression(node)) return undefined;
  const [name] = /(?:\bparseFloat|\.toFixed)$/.exec(node.expression.getText()) ?? [];
  if (!name) return undefined;
  return `${name}: amounts are whole fen, parsed by parseYuan and shown by @yuzhi/money/format`;
});

/** A process reads its environment in one file; tests and what starts processes may too. */
const READS_ENVIRONMENT = /(?:config\.ts$|^tools\/|^deploy\/|^libs\/backing\/)/;

const environment = each('environment', (node, { path, isTest }) => {
  if (isTest || READS_ENVIRONMENT.test(path)) return undefined;
  if (!ts.isPropertyAccessExpression(node) || node.getText() !== 'process.env') return undefined;
  return 'only the config file of a process reads its environment: take the value as an argument';
});

const names = each('name', (node) => {
  if (!ts.isInterfaceDeclaration(node) && !ts.isClassDeclaration(node)) return undefined;
  const name = node.name?.text ?? '';
  if (ts.isInterfaceDeclaration(node) && /^I[A-Z][a-z]/.test(name)) return `${name}: no I before what it is`;
  return name.endsWith('Impl') ? `${name}: say what makes it different, not that it is one` : undefined;
});

const testNames = each('test-name', (node, { isTest }) => {
  if (!isTest || !ts.isCallExpression(node) || !/^(?:it|test)\b/.test(node.expression.getText())) return undefined;
  const [title] = node.arguments;
  if (!title || !ts.isStringLiteralLike(title)) return undefined;
  if (!/^(?:should|works?|test)\b/i.test(title.text)) return undefined;
  return `"${title.text}": a test's name is a sentence of behaviour, such as "refuses a bid below the next step"`;
});

export const codeRules: Rule[] = [
  functionLength,
  constructorLength,
  moneyAsNumber,
  floats,
  environment,
  names,
  testNames,
];
