/** One deliberate defect: a stretch of a source file, and the text that takes its place. */
import { Buffer } from 'node:buffer';

export interface Mutant {
  /** Relative to the root of the repository. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Byte offsets into the file. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** Up to here one more makes a difference that a test should see; above, only a factor does. */
const MAX_COUNTED = 16;

/** What a number in the source becomes. */
export function otherNumber(value: number): string {
  return String(value <= MAX_COUNTED ? value + 1 : value * 2);
}

/** The source with one mutant in it. */
export function applyMutant(source: Uint8Array, { start, end, replacement }: Mutant): Buffer {
  return Buffer.concat([source.subarray(0, start), Buffer.from(replacement), source.subarray(end)]);
}

/** `file:line  before → after`, with the code around a short change, on one line. */
export function describeMutant(source: Uint8Array, mutant: Mutant): string {
  const lineStart = source.lastIndexOf(0x0a, mutant.start - 1) + 1;
  const nextBreak = source.indexOf(0x0a, mutant.end);
  const lineEnd = nextBreak < 0 ? source.length : nextBreak;
  const text = (from: number, to: number) => Buffer.from(source.subarray(from, to)).toString('utf8');
  const [head, tail] = [text(lineStart, mutant.start), text(mutant.end, lineEnd)];
  const before = oneLine(`${head}${text(mutant.start, mutant.end)}${tail}`);
  const after = oneLine(`${head}${mutant.replacement}${tail}`);
  return `${mutant.file}:${mutant.line}\n      - ${before}\n      + ${after}`;
}

function oneLine(text: string): string {
  const joined = text.replace(/\s+/g, ' ').trim();
  return joined.length <= 150 ? joined : `${joined.slice(0, 147)}...`;
}
