/**
 * The SHA-1 compression function on one message with plain 32-bit arithmetic, which is faster for a single packet than one lane of four.
 *
 * @see RFC 3174 §6.1
 */

/** The message schedule of the current block: 80 words. */
const SCHEDULE: usize = memory.data(80 * 4, 16);

/** The chaining value: five words. The caller sets it before the first block and reads it after the last. */
export const SINGLE_STATE: usize = memory.data(5 * 4, 16);

/** Compresses the 64-byte block at `message` into `SINGLE_STATE`. */
export function compressSingle(message: usize): void {
  for (let at: usize = 0; at < 64; at += 4) store<u32>(SCHEDULE + at, bswap<u32>(load<u32>(message + at)));
  let a = load<u32>(SINGLE_STATE), b = load<u32>(SINGLE_STATE, 4), c = load<u32>(SINGLE_STATE, 8);
  let d = load<u32>(SINGLE_STATE, 12), e = load<u32>(SINGLE_STATE, 16);
  let w = SCHEDULE;
  for (const end = w + 15 * 4; w < end; w += 5 * 4) {
    e += rotl<u32>(a, 5) + choose(b, c, d) + 0x5a827999 + load<u32>(w); b = rotl<u32>(b, 30);
    d += rotl<u32>(e, 5) + choose(a, b, c) + 0x5a827999 + load<u32>(w, 4); a = rotl<u32>(a, 30);
    c += rotl<u32>(d, 5) + choose(e, a, b) + 0x5a827999 + load<u32>(w, 8); e = rotl<u32>(e, 30);
    b += rotl<u32>(c, 5) + choose(d, e, a) + 0x5a827999 + load<u32>(w, 12); d = rotl<u32>(d, 30);
    a += rotl<u32>(b, 5) + choose(c, d, e) + 0x5a827999 + load<u32>(w, 16); c = rotl<u32>(c, 30);
  }
  e += rotl<u32>(a, 5) + choose(b, c, d) + 0x5a827999 + load<u32>(w); b = rotl<u32>(b, 30);
  d += rotl<u32>(e, 5) + choose(a, b, c) + 0x5a827999 + expand(w + 4); a = rotl<u32>(a, 30);
  c += rotl<u32>(d, 5) + choose(e, a, b) + 0x5a827999 + expand(w + 8); e = rotl<u32>(e, 30);
  b += rotl<u32>(c, 5) + choose(d, e, a) + 0x5a827999 + expand(w + 12); d = rotl<u32>(d, 30);
  a += rotl<u32>(b, 5) + choose(c, d, e) + 0x5a827999 + expand(w + 16); c = rotl<u32>(c, 30);
  w += 5 * 4;
  for (const end = w + 20 * 4; w < end; w += 5 * 4) {
    e += rotl<u32>(a, 5) + (b ^ c ^ d) + 0x6ed9eba1 + expand(w); b = rotl<u32>(b, 30);
    d += rotl<u32>(e, 5) + (a ^ b ^ c) + 0x6ed9eba1 + expand(w + 4); a = rotl<u32>(a, 30);
    c += rotl<u32>(d, 5) + (e ^ a ^ b) + 0x6ed9eba1 + expand(w + 8); e = rotl<u32>(e, 30);
    b += rotl<u32>(c, 5) + (d ^ e ^ a) + 0x6ed9eba1 + expand(w + 12); d = rotl<u32>(d, 30);
    a += rotl<u32>(b, 5) + (c ^ d ^ e) + 0x6ed9eba1 + expand(w + 16); c = rotl<u32>(c, 30);
  }
  for (const end = w + 20 * 4; w < end; w += 5 * 4) {
    e += rotl<u32>(a, 5) + majority(b, c, d) + 0x8f1bbcdc + expand(w); b = rotl<u32>(b, 30);
    d += rotl<u32>(e, 5) + majority(a, b, c) + 0x8f1bbcdc + expand(w + 4); a = rotl<u32>(a, 30);
    c += rotl<u32>(d, 5) + majority(e, a, b) + 0x8f1bbcdc + expand(w + 8); e = rotl<u32>(e, 30);
    b += rotl<u32>(c, 5) + majority(d, e, a) + 0x8f1bbcdc + expand(w + 12); d = rotl<u32>(d, 30);
    a += rotl<u32>(b, 5) + majority(c, d, e) + 0x8f1bbcdc + expand(w + 16); c = rotl<u32>(c, 30);
  }
  for (const end = w + 20 * 4; w < end; w += 5 * 4) {
    e += rotl<u32>(a, 5) + (b ^ c ^ d) + 0xca62c1d6 + expand(w); b = rotl<u32>(b, 30);
    d += rotl<u32>(e, 5) + (a ^ b ^ c) + 0xca62c1d6 + expand(w + 4); a = rotl<u32>(a, 30);
    c += rotl<u32>(d, 5) + (e ^ a ^ b) + 0xca62c1d6 + expand(w + 8); e = rotl<u32>(e, 30);
    b += rotl<u32>(c, 5) + (d ^ e ^ a) + 0xca62c1d6 + expand(w + 12); d = rotl<u32>(d, 30);
    a += rotl<u32>(b, 5) + (c ^ d ^ e) + 0xca62c1d6 + expand(w + 16); c = rotl<u32>(c, 30);
  }
  store<u32>(SINGLE_STATE, load<u32>(SINGLE_STATE) + a);
  store<u32>(SINGLE_STATE, load<u32>(SINGLE_STATE, 4) + b, 4);
  store<u32>(SINGLE_STATE, load<u32>(SINGLE_STATE, 8) + c, 8);
  store<u32>(SINGLE_STATE, load<u32>(SINGLE_STATE, 12) + d, 12);
  store<u32>(SINGLE_STATE, load<u32>(SINGLE_STATE, 16) + e, 16);
}

/** Computes, stores and returns the schedule word at `w`. */
@inline
function expand(w: usize): u32 {
  const word = rotl<u32>(load<u32>(w - 3 * 4) ^ load<u32>(w - 8 * 4) ^ load<u32>(w - 14 * 4) ^ load<u32>(w - 16 * 4), 1);
  store<u32>(w, word);
  return word;
}

@inline
function choose(b: u32, c: u32, d: u32): u32 {
  return d ^ (b & (c ^ d));
}

@inline
function majority(b: u32, c: u32, d: u32): u32 {
  return (b & c) | (d & (b | c));
}
