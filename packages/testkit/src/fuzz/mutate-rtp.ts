/** Mutates RTP packets field by field: header bits, CSRC list, header extensions of both forms, payload and padding. */
import type { FuzzRandom } from './fuzz-random.ts';
import { concat, type Mutator, mutateBytes } from './mutate-bytes.ts';

/** Values that the code under test knows, so that packets reach it. */
export interface KnownRtp {
  readonly ssrcs: readonly number[];
  readonly payloadTypes: readonly number[];
  readonly extensionIds: readonly number[];
  /** Values with a meaning in those extensions, such as MIDs. */
  readonly extensionValues: readonly Uint8Array[];
}

const FIXED_LENGTH = 12;
const MAX_PACKET = 1500;

export function createRtpMutator(known: KnownRtp): Mutator {
  return (random, sample, other) => {
    if (sample.length < FIXED_LENGTH || random.chance(0.15)) return mutateBytes(random, sample, other);
    const payload = random.chance(0.5) ? mutateBytes(random, payloadOf(random.chance(0.7) ? sample : other), other) : payloadOf(sample);
    const csrcs = random.chance(0.1) ? random.bytes(4 * random.integer(16)) : new Uint8Array(0);
    const hasExtension = random.chance(0.6);
    const block = hasExtension ? extensionBlock(random, known, other) : new Uint8Array(0);
    const padding = random.chance(0.1) ? paddingOf(random) : new Uint8Array(0);
    const header = fixedHeader(random, known, sample);
    header[0] = 0x80 | (padding.length > 0 ? 0x20 : 0) | (hasExtension ? 0x10 : 0) | (csrcs.length / 4);
    const packet = concat(header, csrcs, block, payload, padding).slice(0, MAX_PACKET);
    return random.chance(0.1) ? mutateBytes(random, packet, other) : packet;
  };
}

/** The payload of a packet, which may be damaged. */
function payloadOf(packet: Uint8Array): Uint8Array {
  const first = packet[0] ?? 0;
  let start = FIXED_LENGTH + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) start += 4 + (((packet[start + 2] ?? 0) << 8) | (packet[start + 3] ?? 0)) * 4;
  return packet.slice(Math.min(start, packet.length));
}

function fixedHeader(random: FuzzRandom, known: KnownRtp, sample: Uint8Array): Uint8Array {
  const header = sample.slice(0, FIXED_LENGTH);
  const view = new DataView(header.buffer);
  const payloadType = random.chance(0.9) ? random.pick(known.payloadTypes) : random.integer(128);
  header[1] = payloadType | (random.chance(0.3) ? 0x80 : 0);
  if (random.chance(0.7)) view.setUint16(2, (view.getUint16(2) + random.integer(8)) & 0xffff);
  else view.setUint16(2, random.uint16());
  if (random.chance(0.3)) view.setUint32(4, random.uint32());
  view.setUint32(8, random.chance(0.9) ? random.pick(known.ssrcs) : random.uint32());
  return header;
}

function extensionBlock(random: FuzzRandom, known: KnownRtp, other: Uint8Array): Uint8Array {
  const isTwoByte = random.chance(0.4);
  const elements: number[] = [];
  const count = random.integer(6);
  for (let element = 0; element < count; element++) {
    const id = random.chance(0.8) ? random.pick(known.extensionIds) : random.byte();
    const length = isTwoByte ? random.integer(random.chance(0.1) ? 256 : 20) : 1 + random.integer(16);
    const value = extensionValue(random, known, other, length);
    const claimed = random.chance(0.05) ? random.byte() : value.length;
    if (isTwoByte) elements.push(id & 0xff, claimed & 0xff, ...value);
    else elements.push(((id & 0x0f) << 4) | ((claimed - 1) & 0x0f), ...value);
    if (random.chance(0.1)) elements.push(0, 0);
  }
  while (elements.length % 4 !== 0) elements.push(0);
  const words = random.chance(0.05) ? random.uint16() : elements.length / 4;
  const profile = isTwoByte ? 0x1000 : 0xbede;
  const said = random.chance(0.03) ? random.uint16() : profile;
  return Uint8Array.from([said >> 8, said & 0xff, words >> 8, words & 0xff, ...elements]);
}

/** @param length of a value without a meaning */
function extensionValue(random: FuzzRandom, known: KnownRtp, other: Uint8Array, length: number): Uint8Array {
  if (known.extensionValues.length > 0 && random.chance(0.5)) return random.pick(known.extensionValues);
  return random.chance(0.5) ? other.slice(0, length) : random.bytes(length);
}

function paddingOf(random: FuzzRandom): Uint8Array {
  const padding = new Uint8Array(1 + random.integer(255));
  padding[padding.length - 1] = random.chance(0.8) ? padding.length : random.byte();
  return padding;
}
