/**
 * The parts of AES counter mode other than AES: the counter blocks that are encrypted, and the exclusive or with the result.
 *
 * @see RFC 3711 §4.1.1
 */

/** Sixteen bytes of ones, then sixteen of zeros. A 16-byte load from within it yields the mask for a tail of n bytes. */
const TAIL_MASK: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
], 16);

/**
 * Writes the counter blocks of consecutive packets of one stream, one packet after another.
 *
 * @param to address of the output, 16 bytes per block
 * @param salt the session salt: 14 bytes, then two zeros
 * @param rollovers the upper 32 bits of the first packet's index
 * @param seq the lower 16 bits of that index
 * @param blocks number per packet, at most 256, so that the counter stays within the last byte
 */
export function fillCounterBlocks(to: usize, salt: usize, ssrc: u32, rollovers: u32, seq: u32, packets: i32, blocks: i32): void {
  const salted = v128.xor(v128.load(salt), i32x4(0, bswap<u32>(ssrc), 0, 0));
  const one = i8x16(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
  for (; packets > 0; packets--) {
    let block = v128.xor(salted, i32x4(0, 0, bswap<u32>(rollovers), bswap<u32>(seq << 16)));
    for (const end = to + (<usize>blocks << 4); to < end; to += 16) {
      v128.store(to, block);
      block = v128.add<i8>(block, one);
    }
    seq++;
    rollovers += seq >> 16;
    seq &= 0xffff;
  }
}

/**
 * Combines a payload with a keystream by exclusive or, in place, and returns a checksum of the payload before that.
 *
 * Up to 15 bytes after the payload may be changed. The checksum shows whether an index that is used again has the same payload. It consists
 * of two running sums in four lanes, folded, so that every byte and every position counts.
 *
 * @param keystream aligned to 16 bytes, readable up to the next multiple of 16 after `length`
 */
export function applyKeystream(payload: usize, keystream: usize, length: i32): u32 {
  let sum = i32x4.splat(length);
  let sumOfSums = i32x4.splat(0x2545f491);
  let at: usize = 0;
  for (const end = <usize>(length & ~15); at < end; at += 16) {
    const plain = v128.load(payload + at);
    sum = v128.add<i32>(sum, plain);
    sumOfSums = v128.add<i32>(sumOfSums, sum);
    v128.store(payload + at, v128.xor(plain, v128.load(keystream + at)));
  }
  const tail = <usize>(length & 15);
  if (tail != 0) {
    const plain = v128.and(v128.load(payload + at), v128.load(TAIL_MASK + 16 - tail));
    sum = v128.add<i32>(sum, plain);
    sumOfSums = v128.add<i32>(sumOfSums, sum);
    v128.store(payload + at, v128.xor(plain, v128.load(keystream + at)));
  }
  return fold(fold(0x9e3779b1, sum), sumOfSums);
}

function fold(hash: u32, lanes: v128): u32 {
  hash = (hash ^ v128.extract_lane<u32>(lanes, 0)) * 0x85ebca6b;
  hash = rotl<u32>(hash, 15);
  hash = (hash ^ v128.extract_lane<u32>(lanes, 1)) * 0xc2b2ae35;
  hash = rotl<u32>(hash, 15);
  hash = (hash ^ v128.extract_lane<u32>(lanes, 2)) * 0x85ebca6b;
  hash = rotl<u32>(hash, 15);
  hash = (hash ^ v128.extract_lane<u32>(lanes, 3)) * 0xc2b2ae35;
  return hash ^ (hash >> 16);
}
