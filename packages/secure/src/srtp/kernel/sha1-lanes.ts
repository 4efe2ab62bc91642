/**
 * The SHA-1 compression function on four messages at once: every `v128` holds one 32-bit variable of four independent computations, one per
 * lane. Rounds are unrolled in groups of five, so that the working variables rotate by name and never move. The message schedule is
 * expanded within the rounds, where it fills slots that the rounds leave idle (measured: ADR 0003).
 *
 * @see RFC 3174 §6.1
 */

/** The message schedule of the current block: 80 words of four lanes. */
const SCHEDULE: usize = memory.data(80 * 16, 16);

/** The four round constants, each in all lanes. They are in memory because V8 would otherwise rebuild a constant vector at each use. */
// biome-ignore format: one constant a line
const ROUND_CONSTANTS: usize = memory.data<u32>([
  0x5a827999, 0x5a827999, 0x5a827999, 0x5a827999,
  0x6ed9eba1, 0x6ed9eba1, 0x6ed9eba1, 0x6ed9eba1,
  0x8f1bbcdc, 0x8f1bbcdc, 0x8f1bbcdc, 0x8f1bbcdc,
  0xca62c1d6, 0xca62c1d6, 0xca62c1d6, 0xca62c1d6,
], 16);

/** The chaining value: five words of four lanes. The caller sets it before the first block and reads it after the last. */
export const LANE_STATE: usize = memory.data(5 * 16, 16);

/**
 * Compresses one 64-byte block of each lane into `LANE_STATE`.
 *
 * @param m0 address of lane 0's block, and so on; no alignment is needed
 * @param active all ones in lanes to update, zero in lanes that keep their state because their message has ended
 */
export function compressLanes(m0: usize, m1: usize, m2: usize, m3: usize, active: v128): void {
  loadSchedule(m0, m1, m2, m3);
  const k0 = v128.load(ROUND_CONSTANTS), k1 = v128.load(ROUND_CONSTANTS, 16);
  const k2 = v128.load(ROUND_CONSTANTS, 32), k3 = v128.load(ROUND_CONSTANTS, 48);
  let a = v128.load(LANE_STATE), b = v128.load(LANE_STATE, 16), c = v128.load(LANE_STATE, 32);
  let d = v128.load(LANE_STATE, 48), e = v128.load(LANE_STATE, 64);
  let w = SCHEDULE;
  for (const end = w + 15 * 16; w < end; w += 5 * 16) {
    e = round(a, choose(b, c, d), e, v128.load(w), k0); b = rotl30(b);
    d = round(e, choose(a, b, c), d, v128.load(w, 16), k0); a = rotl30(a);
    c = round(d, choose(e, a, b), c, v128.load(w, 32), k0); e = rotl30(e);
    b = round(c, choose(d, e, a), b, v128.load(w, 48), k0); d = rotl30(d);
    a = round(b, choose(c, d, e), a, v128.load(w, 64), k0); c = rotl30(c);
  }
  e = round(a, choose(b, c, d), e, v128.load(w), k0); b = rotl30(b);
  d = round(e, choose(a, b, c), d, expand(w + 16), k0); a = rotl30(a);
  c = round(d, choose(e, a, b), c, expand(w + 32), k0); e = rotl30(e);
  b = round(c, choose(d, e, a), b, expand(w + 48), k0); d = rotl30(d);
  a = round(b, choose(c, d, e), a, expand(w + 64), k0); c = rotl30(c);
  w += 5 * 16;
  for (const end = w + 20 * 16; w < end; w += 5 * 16) {
    e = round(a, parity(b, c, d), e, expand(w), k1); b = rotl30(b);
    d = round(e, parity(a, b, c), d, expand(w + 16), k1); a = rotl30(a);
    c = round(d, parity(e, a, b), c, expand(w + 32), k1); e = rotl30(e);
    b = round(c, parity(d, e, a), b, expand(w + 48), k1); d = rotl30(d);
    a = round(b, parity(c, d, e), a, expand(w + 64), k1); c = rotl30(c);
  }
  for (const end = w + 20 * 16; w < end; w += 5 * 16) {
    e = round(a, majority(b, c, d), e, expand(w), k2); b = rotl30(b);
    d = round(e, majority(a, b, c), d, expand(w + 16), k2); a = rotl30(a);
    c = round(d, majority(e, a, b), c, expand(w + 32), k2); e = rotl30(e);
    b = round(c, majority(d, e, a), b, expand(w + 48), k2); d = rotl30(d);
    a = round(b, majority(c, d, e), a, expand(w + 64), k2); c = rotl30(c);
  }
  for (const end = w + 20 * 16; w < end; w += 5 * 16) {
    e = round(a, parity(b, c, d), e, expand(w), k3); b = rotl30(b);
    d = round(e, parity(a, b, c), d, expand(w + 16), k3); a = rotl30(a);
    c = round(d, parity(e, a, b), c, expand(w + 32), k3); e = rotl30(e);
    b = round(c, parity(d, e, a), b, expand(w + 48), k3); d = rotl30(d);
    a = round(b, parity(c, d, e), a, expand(w + 64), k3); c = rotl30(c);
  }
  accumulate(0, a, active);
  accumulate(16, b, active);
  accumulate(32, c, active);
  accumulate(48, d, active);
  accumulate(64, e, active);
}

/** Transposes the four blocks into the first 16 words of the schedule. */
@inline
function loadSchedule(m0: usize, m1: usize, m2: usize, m3: usize): void {
  for (let at: usize = 0; at < 64; at += 16) {
    const a = swapBytes(v128.load(m0 + at));
    const b = swapBytes(v128.load(m1 + at));
    const c = swapBytes(v128.load(m2 + at));
    const d = swapBytes(v128.load(m3 + at));
    const ab01 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const ab23 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cd01 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const cd23 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    const words = SCHEDULE + at * 4;
    v128.store(words, v128.shuffle<i64>(ab01, cd01, 0, 2));
    v128.store(words, v128.shuffle<i64>(ab01, cd01, 1, 3), 16);
    v128.store(words, v128.shuffle<i64>(ab23, cd23, 0, 2), 32);
    v128.store(words, v128.shuffle<i64>(ab23, cd23, 1, 3), 48);
  }
}

/** Computes, stores and returns the schedule word at `w`. */
@inline
function expand(w: usize): v128 {
  const far = v128.xor(v128.load(w - 14 * 16), v128.load(w - 16 * 16));
  const near = v128.xor(v128.load(w - 3 * 16), v128.load(w - 8 * 16));
  const mixed = v128.xor(near, far);
  const word = v128.or(v128.add<i32>(mixed, mixed), v128.shr<u32>(mixed, 31));
  v128.store(w, word);
  return word;
}

/** The new value of the variable `e`. The sum is associated so that the long dependency through `a` is added last. */
@inline
function round(a: v128, f: v128, e: v128, word: v128, constant: v128): v128 {
  const rotated = v128.or(v128.shl<i32>(a, 5), v128.shr<u32>(a, 27));
  return v128.add<i32>(v128.add<i32>(v128.add<i32>(f, constant), v128.add<i32>(e, word)), rotated);
}

@inline
function rotl30(x: v128): v128 {
  return v128.or(v128.shl<i32>(x, 30), v128.shr<u32>(x, 2));
}

@inline
function choose(b: v128, c: v128, d: v128): v128 {
  return v128.xor(d, v128.and(b, v128.xor(c, d)));
}

@inline
function parity(b: v128, c: v128, d: v128): v128 {
  return v128.xor(v128.xor(b, c), d);
}

@inline
function majority(b: v128, c: v128, d: v128): v128 {
  return v128.or(v128.and(b, c), v128.and(d, v128.or(b, c)));
}

@inline
function accumulate(offset: usize, value: v128, active: v128): void {
  v128.store(LANE_STATE + offset, v128.add<i32>(v128.load(LANE_STATE + offset), v128.and(value, active)));
}

/** Reverses the bytes of each word, because SHA-1 is big-endian and WebAssembly little-endian. */
@inline
export function swapBytes(x: v128): v128 {
  return v128.swizzle(x, i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}
