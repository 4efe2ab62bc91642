/** Mutates DTLS datagrams record by record, and the handshake messages in them fragment by fragment. */
import type { FuzzRandom } from './fuzz-random.ts';
import { concat, type Mutator, mutateBytes } from './mutate-bytes.ts';

const RECORD_HEADER = 13;
const FRAGMENT_HEADER = 12;
const HANDSHAKE = 22;
const CONTENT_TYPES = [20, 21, 22, 23, 24, 25, 30, 63];
const MESSAGE_TYPES = [0, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 20, 255];
/** Bounds the length, since samples are derived from samples. */
const MAX_LENGTH = 4096;
const VERSIONS = [0xfefd, 0xfeff, 0xfefc, 0x0303];

export const mutateDtls: Mutator = (random, sample, other) => {
  if (random.chance(0.1)) return mutateBytes(random, sample, other);
  const records = splitRecords(sample);
  const steps = 1 + random.integer(3);
  for (let step = 0; step < steps; step++) mutateRecords(random, records, other);
  const datagram = concat(...records).slice(0, MAX_LENGTH);
  return random.chance(0.05) ? mutateBytes(random, datagram, other) : datagram;
};

function splitRecords(datagram: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let at = 0; at + RECORD_HEADER <= datagram.length; ) {
    const length = RECORD_HEADER + (((datagram[at + 11] ?? 0) << 8) | (datagram[at + 12] ?? 0));
    records.push(datagram.slice(at, at + length));
    at += length;
  }
  return records;
}

function mutateRecords(random: FuzzRandom, records: Uint8Array[], other: Uint8Array): void {
  const at = random.integer(records.length);
  const record = records[at];
  if (record === undefined) {
    records.push(recordOf(random.pick(CONTENT_TYPES), random.bytes(random.integer(60))));
    return;
  }
  const view = new DataView(record.buffer);
  const kind = random.integer(9);
  if (kind === 0) records.splice(at, 1);
  else if (kind === 1) records.splice(at, 0, ...splitRecords(other).slice(0, 3));
  else if (kind === 2) record[0] = random.pick(CONTENT_TYPES);
  else if (kind === 3) view.setUint16(1, random.pick(VERSIONS));
  else if (kind === 4) view.setUint16(3, random.chance(0.7) ? random.integer(3) : random.uint16());
  else if (kind === 5) view.setUint16(11, random.uint16());
  else records.splice(at, 1, ...withMutatedBody(random, record, other));
}

function withMutatedBody(random: FuzzRandom, record: Uint8Array, other: Uint8Array): Uint8Array[] {
  const body = record.slice(RECORD_HEADER);
  if (record[0] !== HANDSHAKE || body.length < FRAGMENT_HEADER) return [recordOf(record[0] ?? 0, mutateBytes(random, body, other))];
  const isCut = random.chance(0.4);
  const fragments = isCut ? cut(random, body) : [mutateFragment(random, body, other)];
  return fragments.map((fragment) => recordOf(HANDSHAKE, fragment));
}

/** Splits a fragment into pieces in any order, some of them duplicated or overlapping. */
function cut(random: FuzzRandom, fragment: Uint8Array): Uint8Array[] {
  const body = fragment.subarray(FRAGMENT_HEADER);
  const pieces: Uint8Array[] = [];
  const step = 1 + random.integer(Math.max(1, Math.min(body.length, 200)));
  for (let from = 0; from < body.length && pieces.length < 40; from += step) {
    const overlap = random.chance(0.1) ? random.integer(20) : 0;
    const start = Math.max(0, from - overlap);
    const piece = body.slice(start, from + step);
    const header = fragment.slice(0, FRAGMENT_HEADER);
    setUint24(header, 6, start);
    setUint24(header, 9, piece.length);
    pieces.splice(random.chance(0.3) ? random.integer(pieces.length + 1) : pieces.length, 0, concat(header, piece));
    if (random.chance(0.05)) pieces.push(concat(header, piece));
  }
  return pieces;
}

function mutateFragment(random: FuzzRandom, fragment: Uint8Array, other: Uint8Array): Uint8Array {
  const header = fragment.slice(0, FRAGMENT_HEADER);
  const body = random.chance(0.7) ? mutateBytes(random, fragment.subarray(FRAGMENT_HEADER), other) : fragment.slice(FRAGMENT_HEADER);
  if (random.chance(0.2)) header[0] = random.pick(MESSAGE_TYPES);
  if (random.chance(0.2)) header[5] = random.integer(random.chance(0.8) ? 10 : 256);
  // Most of the time, the length field is correct.
  if (random.chance(0.8)) {
    setUint24(header, 1, body.length);
    setUint24(header, 6, 0);
    setUint24(header, 9, body.length);
  } else setUint24(header, random.pick([1, 6, 9]), random.uint32() & 0xff_ffff);
  return concat(header, body);
}

function recordOf(contentType: number, body: Uint8Array): Uint8Array {
  const header = Uint8Array.of(contentType, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, body.length >> 8, body.length & 0xff);
  return concat(header, body);
}

function setUint24(bytes: Uint8Array, at: number, value: number): void {
  bytes.set([(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff], at);
}
