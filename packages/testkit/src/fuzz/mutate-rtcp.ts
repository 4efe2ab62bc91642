/** Mutates RTCP compounds message by message: order, counts, formats, lengths, the SSRCs that messages are about, and lists. */
import type { FuzzRandom } from './fuzz-random.ts';
import { concat, type Mutator, mutateBytes } from './mutate-bytes.ts';

const HEADER_LENGTH = 4;
/** SR to APP, the two kinds of feedback, XR, and two unassigned types. */
const TYPES = [200, 201, 202, 203, 204, 205, 206, 207, 192, 223];
const MAX_PACKET = 1500;

/** @param ssrcs SSRCs that the code under test knows, so that messages reach it */
export function createRtcpMutator(ssrcs: readonly number[]): Mutator {
  return (random, sample, other) => {
    if (random.chance(0.1)) return mutateBytes(random, sample, other);
    const messages = split(sample);
    const steps = 1 + random.integer(4);
    for (let step = 0; step < steps; step++) mutateMessages(random, messages, other, ssrcs);
    const packet = concat(...messages).slice(0, MAX_PACKET);
    return random.chance(0.05) ? mutateBytes(random, packet, other) : packet;
  };
}

function split(compound: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at + HEADER_LENGTH <= compound.length; ) {
    const length = HEADER_LENGTH + (((compound[at + 2] ?? 0) << 8) | (compound[at + 3] ?? 0)) * 4;
    messages.push(compound.slice(at, at + length));
    at += length;
  }
  return messages;
}

function mutateMessages(random: FuzzRandom, messages: Uint8Array[], other: Uint8Array, ssrcs: readonly number[]): void {
  const at = random.integer(messages.length + 1);
  const message = messages[at];
  const kind = random.integer(8);
  if (kind === 0) messages.splice(at, 1);
  else if (kind === 1) messages.splice(at, 0, ...split(other).slice(0, 3));
  else if (kind === 2 || message === undefined) messages.splice(at, 0, invent(random, ssrcs));
  else if (kind === 3) message[0] = 0x80 | (random.chance(0.1) ? 0x20 : 0) | random.integer(32);
  else if (kind === 4) message[1] = random.pick(TYPES);
  else if (kind === 5) nameSsrc(random, message, ssrcs);
  else if (kind === 6) messages[at] = lengthened(mutateBytes(random, message, other));
  else new DataView(message.buffer).setUint16(2, random.chance(0.5) ? random.integer(8) : random.uint16());
}

/** A message of a known kind with a body of random words, some of which are known SSRCs. */
function invent(random: FuzzRandom, ssrcs: readonly number[]): Uint8Array {
  const words = random.integer(random.chance(0.05) ? 300 : 12);
  const message = new Uint8Array(HEADER_LENGTH + words * 4);
  const view = new DataView(message.buffer);
  for (let at = HEADER_LENGTH; at < message.length; at += 4) view.setUint32(at, random.chance(0.3) ? random.pick(ssrcs) : random.uint32());
  message[0] = 0x80 | random.integer(32);
  message[1] = random.pick(TYPES);
  view.setUint16(2, words);
  return message;
}

function nameSsrc(random: FuzzRandom, message: Uint8Array, ssrcs: readonly number[]): void {
  const words = Math.floor(message.length / 4) - 1;
  if (words > 0) new DataView(message.buffer).setUint32(4 + 4 * random.integer(Math.min(words, 4)), random.pick(ssrcs));
}

/** Pads a message to at least one whole word, and sets its length field. */
function lengthened(message: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.max(HEADER_LENGTH, Math.ceil(message.length / 4) * 4));
  whole.set(message);
  new DataView(whole.buffer).setUint16(2, whole.length / 4 - 1);
  return whole;
}
