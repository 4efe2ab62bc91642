/** Feeds a NACK generator with packets by number, and reads from it what it asks for. */
import type { ExtendedSeq } from '@causeway/wire';
import type { NackGenerator } from '../../src/publisher/nack-generator.ts';

export function seqOf(value: number): ExtendedSeq {
  return value as ExtendedSeq;
}

export function receive(nack: NackGenerator, nowMs: number, ...seqs: number[]): void {
  for (const seq of seqs) nack.receive(nowMs, seqOf(seq), false);
}

export function collect(nack: NackGenerator, nowMs: number): number[] {
  const out: ExtendedSeq[] = [];
  const count = nack.collect(nowMs, out);
  expect(count).toBe(out.length);
  return out;
}

/** Calls `collect` whenever it is due, up to `untilMs`. @returns when each request for `seq` went out */
export function requestTimes(nack: NackGenerator, untilMs: number, seq: number): number[] {
  const times: number[] = [];
  for (let nowMs = nack.dueAt(); nowMs <= untilMs; nowMs = nack.dueAt()) {
    if (collect(nack, nowMs).includes(seq)) times.push(nowMs);
  }
  return times;
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
