import type { FuzzRandom } from './fuzz-random.ts';

/**
 * Derives an input from a sample. `other` is a second sample to take pieces from. Neither is changed.
 */
export type Mutator = (random: FuzzRandom, sample: Uint8Array, other: Uint8Array) => Uint8Array;

/** Longer than any accepted datagram. */
const MAX_LENGTH = 2100;
const MAX_STEPS = 4;
const MAX_PIECE = 64;

type Step = (random: FuzzRandom, bytes: Uint8Array, other: Uint8Array) => Uint8Array;

const STEPS: readonly Step[] = [flipBit, setByte, setNumber, remove, repeat, insert, truncate, splice, fill];

/** Mutates bytes without knowledge of the format. */
export const mutateBytes: Mutator = (random, sample, other) => {
  let bytes: Uint8Array = sample.slice();
  const steps = 1 + random.integer(MAX_STEPS);
  for (let step = 0; step < steps; step++) bytes = random.pick(STEPS)(random, bytes, other);
  return bytes.length > MAX_LENGTH ? bytes.slice(0, MAX_LENGTH) : bytes;
};

function flipBit(random: FuzzRandom, bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0) toggle(bytes, random.integer(bytes.length), 1 << random.integer(8));
  return bytes;
}

function toggle(bytes: Uint8Array, at: number, bits: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ bits;
}

function setByte(random: FuzzRandom, bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0) bytes[random.integer(bytes.length)] = random.byte();
  return bytes;
}

function setNumber(random: FuzzRandom, bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length >= 4 && random.chance(0.4)) view.setUint32(random.integer(bytes.length - 3), random.uint32());
  else if (bytes.length >= 2) view.setUint16(random.integer(bytes.length - 1), random.uint16());
  return bytes;
}

function remove(random: FuzzRandom, bytes: Uint8Array): Uint8Array {
  const from = random.integer(bytes.length + 1);
  return concat(bytes.subarray(0, from), bytes.subarray(from + random.integer(MAX_PIECE)));
}

function repeat(random: FuzzRandom, bytes: Uint8Array): Uint8Array {
  const from = random.integer(bytes.length + 1);
  const piece = bytes.subarray(from, from + random.integer(MAX_PIECE));
  return concat(bytes.subarray(0, from), piece, piece, bytes.subarray(from));
}

function insert(random: FuzzRandom, bytes: Uint8Array): Uint8Array {
  const at = random.integer(bytes.length + 1);
  return concat(bytes.subarray(0, at), random.bytes(random.integer(MAX_PIECE)), bytes.subarray(at));
}

function truncate(random: FuzzRandom, bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, random.integer(bytes.length + 1));
}

function splice(random: FuzzRandom, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  return concat(bytes.subarray(0, random.integer(bytes.length + 1)), other.subarray(random.integer(other.length + 1)));
}

function fill(random: FuzzRandom, bytes: Uint8Array): Uint8Array {
  const from = random.integer(bytes.length + 1);
  return bytes.fill(random.byte(), from, from + random.integer(MAX_PIECE));
}

/** Concatenates arrays. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
