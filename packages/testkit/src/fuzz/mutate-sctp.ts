/** Mutates SCTP packets chunk by chunk. Tag and checksum are left to the target, which knows the association. */
import type { FuzzRandom } from './fuzz-random.ts';
import { concat, type Mutator, mutateBytes } from './mutate-bytes.ts';

const COMMON_HEADER = 12;
const CHUNK_HEADER = 4;
/** DATA to SHUTDOWN-COMPLETE, RE-CONFIG, FORWARD-TSN, and some unassigned ones. */
const CHUNK_TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 130, 192, 12, 64, 128, 255];
/** DCEP, text, binary, the two empty ones, and an unknown one. */
const PROTOCOL_IDS = [50, 51, 52, 53, 54, 56, 57, 99];
const PROTOCOL_ID_AT = 12;
/** Bounds the length, since samples are derived from samples. */
const MAX_LENGTH = 4096;

export const mutateSctp: Mutator = (random, sample, other) => {
  if (sample.length < COMMON_HEADER || random.chance(0.05)) return mutateBytes(random, sample, other);
  const chunks = splitChunks(sample);
  const steps = 1 + random.integer(3);
  for (let step = 0; step < steps; step++) mutateChunks(random, chunks, other);
  return concat(sample.subarray(0, COMMON_HEADER), ...chunks.map(padded)).slice(0, MAX_LENGTH);
};

function splitChunks(packet: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = COMMON_HEADER; at + CHUNK_HEADER <= packet.length; ) {
    const length = Math.max(CHUNK_HEADER, ((packet[at + 2] ?? 0) << 8) | (packet[at + 3] ?? 0));
    chunks.push(packet.slice(at, at + length));
    at += Math.ceil(length / 4) * 4;
  }
  return chunks;
}

function mutateChunks(random: FuzzRandom, chunks: Uint8Array[], other: Uint8Array): void {
  const at = random.integer(chunks.length + 1);
  const chunk = chunks[at];
  const kind = random.integer(8);
  if (kind === 0) chunks.splice(at, 1);
  else if (kind === 1) chunks.splice(at, 0, ...splitChunks(other).slice(0, 3));
  else if (kind === 2 || chunk === undefined) chunks.splice(at, 0, chunkOf(random.pick(CHUNK_TYPES), random.bytes(random.integer(60))));
  else if (kind === 3) chunk[0] = random.pick(CHUNK_TYPES);
  else if (kind === 4) chunk[1] = random.byte();
  else if (kind === 5) new DataView(chunk.buffer).setUint16(2, random.chance(0.5) ? random.integer(8) : random.uint16());
  else if (kind === 6 && chunk.length >= PROTOCOL_ID_AT + 4) {
    new DataView(chunk.buffer).setUint32(PROTOCOL_ID_AT, random.pick(PROTOCOL_IDS));
  } else chunks[at] = chunkOf(chunk[0] ?? 0, mutateBytes(random, chunk.subarray(CHUNK_HEADER), other));
}

function chunkOf(type: number, body: Uint8Array): Uint8Array {
  const length = CHUNK_HEADER + body.length;
  return concat(Uint8Array.of(type, 3, length >> 8, length & 0xff), body);
}

function padded(chunk: Uint8Array): Uint8Array {
  return chunk.length % 4 === 0 ? chunk : concat(chunk, new Uint8Array(4 - (chunk.length % 4)));
}
