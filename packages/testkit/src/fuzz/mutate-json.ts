/** Mutates JSON texts value by value: other types, extremes, names that have a meaning in JavaScript, depth, width, repeated keys. */
import type { FuzzRandom } from './fuzz-random.ts';
import { type Mutator, mutateBytes } from './mutate-bytes.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const MAX_DEPTH = 200;
/** Twice the longest real body. It bounds the length, since samples are derived from samples. */
const MAX_LENGTH = 16 * 1024;
const KEYS = ['__proto__', 'constructor', 'toString', 'length', '', 'tracks', 'sessionDescription', 'mid', 'trackId', '\u0000', 'ключ'];
const STRINGS = [
  '',
  ' ',
  '__proto__',
  'a'.repeat(300),
  '\u0000',
  '\ud800',
  '../..',
  '%00',
  '-1',
  '{}',
  'session-101-00000000-0000-4000-8000-000000000000',
];
const NUMBERS = [0, -0, -1, 1e308, -1e308, 0.1, 2 ** 31, 2 ** 53, 5e-324];

export const mutateJson: Mutator = (random, sample, other) => {
  const value = parse(sample);
  if (value === undefined || random.chance(0.1)) return mutateBytes(random, sample, other);
  let mutated = value;
  const steps = 1 + random.integer(3);
  for (let step = 0; step < steps; step++) mutated = mutateValue(random, mutated, parse(other) ?? null);
  const text = JSON.stringify(mutated);
  if (text.length > MAX_LENGTH) return mutateBytes(random, sample, other);
  return new TextEncoder().encode(random.chance(0.1) ? withRepeatedKey(random, text) : text);
};

function parse(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Changes one value somewhere in the tree. */
function mutateValue(random: FuzzRandom, value: Json, other: Json): Json {
  if (random.chance(0.3) || value === null || typeof value !== 'object') return hostileValue(random, value, other);
  if (isArray(value)) {
    const at = random.integer(value.length + 1);
    const kind = random.integer(4);
    if (kind === 0) return value.toSpliced(at, 1);
    if (kind === 1)
      return [...value, ...new Array<Json>(random.chance(0.1) ? 100 + random.integer(200) : random.integer(8)).fill(value[0] ?? null)];
    return value.toSpliced(at, 1, mutateValue(random, value[at] ?? null, other));
  }
  const entries = Object.entries(value);
  const chosen = entries[random.integer(Math.max(1, entries.length))];
  const kind = random.integer(4);
  if (chosen === undefined || kind === 0) return Object.fromEntries([...entries, [random.pick(KEYS), hostileValue(random, null, other)]]);
  if (kind === 1) return Object.fromEntries(entries.filter((entry) => entry !== chosen));
  return Object.fromEntries(entries.map((entry) => (entry === chosen ? [entry[0], mutateValue(random, entry[1], other)] : entry)));
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function hostileValue(random: FuzzRandom, value: Json, other: Json): Json {
  switch (random.integer(8)) {
    case 0:
      return random.pick(STRINGS);
    case 1:
      return random.pick(NUMBERS);
    case 2:
      return random.pick([null, true, false]);
    case 3:
      return nested(random.integer(random.chance(0.1) ? MAX_DEPTH : 5), value);
    case 4:
      return { [random.pick(KEYS)]: value };
    case 5:
      return typeof value === 'string' ? value.slice(0, random.integer(value.length + 1)) + random.pick(STRINGS) : [value];
    case 6:
      return other;
    default:
      return {};
  }
}

function nested(depth: number, innermost: Json): Json {
  let value = innermost;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

/** Duplicates a key, which parsers handle differently. */
function withRepeatedKey(random: FuzzRandom, text: string): string {
  const key = JSON.stringify(random.pick(KEYS));
  return text.startsWith('{') && text.length > 2 ? `{${key}:1,${key}:${random.pick(['null', '2', '"x"', '[]'])},${text.slice(1)}` : text;
}
