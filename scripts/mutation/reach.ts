/**
 * Finds out which test files run which functions, so that a mutant is tried with those tests alone. For one run of all
 * tests each function of a mutated file begins with a statement that notes its number.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSyntaxNode, parseSyntaxTree } from '../boundaries/syntax-tree.ts';
import type { Mutant } from './mutant.ts';

/** A function of a source file, or the file itself for code outside of functions. */
export interface Scope {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** Where its note is inserted. */
  readonly noteAt: number;
}

/** What `note-reach.cjs` writes for each test file. */
interface ReachRecord {
  readonly testFile: string;
  readonly reached: readonly number[];
}

/** Lists the scopes of a TypeScript file: first the file, then its functions. */
export function listScopes(root: string, file: string): Scope[] {
  const path = `${root}/${file}`;
  const { length } = readFileSync(path);
  const scopes: Scope[] = [{ file, start: 0, end: length, noteAt: length }];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      if (isSyntaxNode(value) && value.type === 'FunctionBody') {
        const { start, end } = value.span;
        scopes.push({ file, start: start - 1, end: end - 1, noteAt: start });
      }
      Object.values(value).forEach(visit);
    }
  };
  visit(parseSyntaxTree(path));
  return scopes;
}

/** @param numbers of the scopes, which all lie in this source */
export function insertNotes(source: Uint8Array, scopes: readonly Scope[], numbers: ReadonlyMap<Scope, number>): Buffer {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const scope of [...scopes].sort((a, b) => a.noteAt - b.noteAt)) {
    pieces.push(source.subarray(from, scope.noteAt), Buffer.from(`\nglobalThis.mutationReach?.add(${numbers.get(scope)});\n`));
    from = scope.noteAt;
  }
  return Buffer.concat([...pieces, source.subarray(from)]);
}

/**
 * The scopes in which a mutant makes a difference: the innermost one around it, or, if it lies in a constant of the file
 * that is not exported, those that name the constant.
 */
export function scopesOf(mutant: Mutant, scopes: readonly Scope[], source: Buffer): readonly Scope[] {
  const around = scopes.filter(({ file, start, end }) => file === mutant.file && start <= mutant.start && mutant.end <= end);
  const innermost = around.reduce((inner, scope) => (scope.end - scope.start < inner.end - inner.start ? scope : inner));
  if (innermost.start > 0) return [innermost];
  const lineStart = source.lastIndexOf(0x0a, mutant.start) + 1;
  const name = /^const ([A-Z][A-Z0-9_]*) = /.exec(Buffer.from(source.subarray(lineStart, mutant.start)).toString('utf8'))?.[1];
  if (name === undefined) return [innermost];
  const naming = scopes.filter(({ file, start, end }) => file === mutant.file && start > 0 && source.subarray(start, end).includes(name));
  return naming.length > 0 ? naming : [innermost];
}

/** Reads what the test files wrote. @returns for each scope number the test files that reached it */
export function readReach(folder: string): ReadonlyMap<number, ReadonlySet<string>> {
  const reach = new Map<number, Set<string>>();
  for (const name of readdirSync(folder)) {
    const { testFile, reached }: ReachRecord = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    for (const scope of reached) reach.set(scope, (reach.get(scope) ?? new Set()).add(testFile));
  }
  return reach;
}
