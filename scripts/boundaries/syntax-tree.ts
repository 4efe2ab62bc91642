/** A TypeScript file as a tree of syntax nodes, each of which knows its line. */
import { readFileSync } from 'node:fs';
import { parseSync } from '@swc/core';

export interface SyntaxNode {
  readonly type: string;
  /** In bytes counted from 1. */
  readonly span: { readonly start: number; readonly end: number };
  readonly [property: string]: unknown;
}

/** Calls back for every node of a file from the top down, with its line counted from 1. @throws Error – the file is not valid TypeScript */
export function visitSyntaxTree(path: string, onNode: (node: SyntaxNode, line: number) => void): void {
  const lineStarts = listLineStarts(readFileSync(path));
  visit(parseSyntaxTree(path), (node) => onNode(node, lineAt(lineStarts, node.span.start - 1)));
}

/** The root node of a file. @throws Error – the file is not valid TypeScript */
export function parseSyntaxTree(path: string): SyntaxNode {
  const program: unknown = parseSync(readFileSync(path, 'utf8'), {
    syntax: 'typescript',
    tsx: path.endsWith('.tsx'),
    decorators: true,
    target: 'es2024',
  });
  if (!isSyntaxNode(program)) throw new Error(`${path}: the parser returned no tree`);
  return program;
}

export function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'span' in value;
}

/** Whether a node is a plain name: `isNamed(node, 'Date')`. */
export function isNamed(value: unknown, name: string): boolean {
  return isSyntaxNode(value) && value.type === 'Identifier' && value.value === name;
}

function visit(value: unknown, onNode: (node: SyntaxNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, onNode);
  } else if (typeof value === 'object' && value !== null) {
    if (isSyntaxNode(value)) onNode(value);
    for (const child of Object.values(value)) visit(child, onNode);
  }
}

function listLineStarts(bytes: Uint8Array): number[] {
  const starts = [0];
  for (let index = 0; index < bytes.length; index += 1) if (bytes[index] === 0x0a) starts.push(index + 1);
  return starts;
}

function lineAt(lineStarts: readonly number[], offset: number): number {
  const next = lineStarts.findIndex((start) => start > offset);
  return next < 0 ? lineStarts.length : next;
}
