/** Mutates STUN messages attribute by attribute, and signs most of them correctly, so that they pass the checks. */
import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { FuzzRandom } from './fuzz-random.ts';
import { concat, type Mutator, mutateBytes } from './mutate-bytes.ts';

interface Attribute {
  type: number;
  value: Uint8Array;
  /** The value of the length field, if it is wrong. */
  claimedLength?: number;
}

const HEADER_LENGTH = 20;
/** Bounds the length, since samples are derived from samples. */
const MAX_LENGTH = 1500;
const MESSAGE_INTEGRITY = 0x0008;
const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354554e;
/** USERNAME, MESSAGE-INTEGRITY, XOR-MAPPED-ADDRESS, PRIORITY, USE-CANDIDATE, and so on; the last are unknown. */
const TYPES = [0x0001, 0x0006, 0x0008, 0x0009, 0x000a, 0x0014, 0x0015, 0x0020, 0x0024, 0x0025, 0x8028, 0x8029, 0x802a, 0x7f00, 0xff00];

/** @param password the key for MESSAGE-INTEGRITY; without it, and at random, messages are not signed */
export function createStunMutator(password?: string): Mutator {
  return (random, sample, other) => {
    if (sample.length < HEADER_LENGTH || random.chance(0.15)) return mutateBytes(random, sample, other);
    const header = sample.slice(0, HEADER_LENGTH);
    const attributes = readAttributes(sample).filter(({ type }) => type !== FINGERPRINT && type !== MESSAGE_INTEGRITY);
    const steps = random.integer(4);
    for (let step = 0; step < steps; step++) mutateAttributes(random, attributes, other);
    if (random.chance(0.1)) header.set(random.bytes(2));
    if (random.chance(0.3)) header.set(random.bytes(12), 8);
    const isSigned = password !== undefined && random.chance(0.8);
    const message = isSigned ? sign(random, header, attributes, password) : finish(header, attributes);
    return message.length > MAX_LENGTH || random.chance(0.05) ? mutateBytes(random, message.slice(0, MAX_LENGTH), other) : message;
  };
}

function readAttributes(message: Uint8Array): Attribute[] {
  const attributes: Attribute[] = [];
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  for (let at = HEADER_LENGTH; at + 4 <= message.length; ) {
    const length = view.getUint16(at + 2);
    attributes.push({ type: view.getUint16(at), value: message.slice(at + 4, at + 4 + length) });
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return attributes;
}

function mutateAttributes(random: FuzzRandom, attributes: Attribute[], other: Uint8Array): void {
  const at = random.integer(attributes.length + 1);
  const chosen = attributes[at];
  const kind = random.integer(6);
  if (kind === 0) attributes.splice(at, 1);
  else if (kind === 1 || chosen === undefined) {
    attributes.splice(at, 0, { type: random.pick(TYPES), value: random.bytes(random.integer(random.chance(0.1) ? 600 : 40)) });
  } else if (kind === 2) attributes.push({ ...chosen });
  else if (kind === 3) chosen.type = random.chance(0.7) ? random.pick(TYPES) : random.uint16();
  else if (kind === 4) chosen.value = mutateBytes(random, chosen.value, other);
  else chosen.claimedLength = random.uint16();
}

function sign(random: FuzzRandom, header: Uint8Array, attributes: readonly Attribute[], password: string): Uint8Array {
  const unsigned = finish(header, attributes, 24);
  const code = createHmac('sha1', password).update(unsigned).digest();
  const signed = [...attributes, { type: MESSAGE_INTEGRITY, value: code }];
  if (random.chance(0.5)) return finish(header, signed);
  const covered = finish(header, signed, 8);
  const value = Buffer.alloc(4);
  value.writeUInt32BE((crc32(covered) ^ FINGERPRINT_XOR) >>> 0);
  return finish(header, [...signed, { type: FINGERPRINT, value }]);
}

/** @param following the number of bytes to add to the length for attributes that follow */
function finish(header: Uint8Array, attributes: readonly Attribute[], following = 0): Uint8Array {
  const parts = attributes.map(({ type, value, claimedLength = value.length }) =>
    concat(
      Uint8Array.of(type >> 8, type & 0xff, claimedLength >> 8, claimedLength & 0xff),
      value,
      new Uint8Array((4 - (value.length % 4)) % 4),
    ),
  );
  const message = concat(header, ...parts);
  const length = message.length - HEADER_LENGTH + following;
  message[2] = length >> 8;
  message[3] = length & 0xff;
  return message;
}
