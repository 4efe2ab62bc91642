/**
 * Lists the mutants of a TypeScript file. Types, imports and strings stay as they are: a type has no behavior, and nearly
 * every string is a message.
 */
import { readFileSync } from 'node:fs';
import { isNamed, isSyntaxNode, parseSyntaxTree, type SyntaxNode } from '../boundaries/syntax-tree.ts';
import { type Mutant, otherNumber } from './mutant.ts';

const OPERATORS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '&': '|',
  '|': '&',
  '^': '|',
  '<<': '>>>',
  '>>': '<<',
  '>>>': '<<',
  '+=': '-=',
  '-=': '+=',
  '*=': '/=',
  '|=': '&=',
  '&=': '|=',
  '^=': '|=',
};

/** Expressions that only tell the compiler something; what they wrap is code. */
const TYPE_WRAPPERS = ['TsAsExpression', 'TsNonNullExpression', 'TsSatisfiesExpression'];

/** @param root folder of the repository, which `file` is relative to */
export function listTypeScriptMutants(root: string, file: string): Mutant[] {
  const path = `${root}/${file}`;
  const source = readFileSync(path);
  const mutants: Mutant[] = [];
  const textOf = ({ start, end }: Stretch) => source.subarray(start, end).toString('utf8');
  const add = ({ start, end }: Stretch, replacement: string) => {
    const line = source.subarray(0, start).filter((byte) => byte === 0x0a).length + 1;
    mutants.push({ file, line, start, end, replacement });
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      if (isSyntaxNode(value)) {
        if (hasNoBehavior(value)) return;
        for (const [stretch, replacement] of changesOf(value, textOf)) add(stretch, replacement);
      }
      Object.values(value).forEach(visit);
    }
  };
  visit(parseSyntaxTree(path));
  return mutants.sort((a, b) => a.start - b.start || a.end - b.end);
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

type Change = readonly [Stretch, string];

function hasNoBehavior({ type }: SyntaxNode): boolean {
  return type === 'ImportDeclaration' || (type.startsWith('Ts') && !TYPE_WRAPPERS.includes(type));
}

function changesOf(node: SyntaxNode, textOf: (stretch: Stretch) => string): Change[] {
  const whole = stretchOf(node);
  switch (node.type) {
    case 'BinaryExpression':
    case 'AssignmentExpression':
      return changeOperator(node, textOf);
    case 'UnaryExpression':
      return node.operator === '!' || node.operator === '-' ? [[whole, textOf(stretchOf(node.argument))]] : [];
    case 'UpdateExpression':
      return [[whole, swapText(textOf(whole), '++', '--')]];
    case 'NumericLiteral':
      return typeof node.value === 'number' ? [[whole, otherNumber(node.value)]] : [];
    case 'BooleanLiteral':
      return [[whole, node.value === true ? 'false' : 'true']];
    case 'IfStatement':
    case 'ConditionalExpression':
      return [
        [stretchOf(node.test), 'true'],
        [stretchOf(node.test), 'false'],
      ];
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
      return isSyntaxNode(node.test) ? [[stretchOf(node.test), 'false']] : [];
    case 'ExpressionStatement':
      return isSuperCall(node.expression) ? [] : [[whole, ';']];
    case 'ReturnStatement':
      return isSyntaxNode(node.argument) ? [] : [[whole, ';']];
    case 'ThrowStatement':
    case 'ContinueStatement':
      return [[whole, ';']];
    case 'MemberExpression':
      return isNamed(node.object, 'Math') ? changeExtremum(node.property) : [];
    default:
      return [];
  }
}

function changeOperator({ operator, left, right, ...node }: SyntaxNode, textOf: (stretch: Stretch) => string): Change[] {
  const before = stretchOf(left);
  const after = stretchOf(right);
  if (operator === '??') return [[{ start: node.span.start - 1, end: node.span.end - 1 }, textOf(before)]];
  const replacement = typeof operator === 'string' ? OPERATORS[operator] : undefined;
  if (typeof operator !== 'string' || replacement === undefined) return [];
  const start = before.end + textOf({ start: before.end, end: after.start }).indexOf(operator);
  return [[{ start, end: start + operator.length }, replacement]];
}

function changeExtremum(property: unknown): Change[] {
  if (isNamed(property, 'min')) return [[stretchOf(property), 'max']];
  return isNamed(property, 'max') ? [[stretchOf(property), 'min']] : [];
}

function swapText(text: string, one: string, other: string): string {
  return text.includes(one) ? text.replace(one, other) : text.replace(other, one);
}

function isSuperCall(expression: unknown): boolean {
  return (
    isSyntaxNode(expression) &&
    expression.type === 'CallExpression' &&
    isSyntaxNode(expression.callee) &&
    expression.callee.type === 'Super'
  );
}

function stretchOf(node: unknown): Stretch {
  if (!isSyntaxNode(node)) throw new Error('a syntax node has no position');
  // The parser's positions are bytes counted from 1.
  return { start: node.span.start - 1, end: node.span.end - 1 };
}
