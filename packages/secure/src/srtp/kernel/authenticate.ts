/**
 * HMAC-SHA1-80 of many packets under many keys, four packets at a time.
 *
 * A job is one packet. Its message is `length` bytes followed by one 32-bit word (SRTP: the rollover counter; SRTCP: the E bit and the
 * index). The word and the SHA-1 padding are written in place after the packet, so that nothing is copied; 76 bytes after the packet must
 * therefore be free. The inner and outer states are those after the key's block, so the key does not have to be hashed.
 *
 * @see RFC 2104 §4, RFC 3711 §4.2.1
 */
import { compressLanes, LANE_STATE } from './sha1-lanes';
import { compressSingle, SINGLE_STATE } from './sha1-single';

/** A job in memory: five words of inner state, five words of outer state, then these fields. */
const JOB_MESSAGE: usize = 40;
const JOB_LENGTH: usize = 44;
const JOB_WORD: usize = 48;
const JOB_TAG: usize = 52;
export const JOB_SIZE: usize = 64;

const BLOCK_SIZE: usize = 64;
/** The outer hash covers the key's block and a 20-byte digest. */
const OUTER_BITS: u32 = (64 + 20) * 8;

/** The last block of each lane's outer hash: digest and padding. */
const OUTER: usize = memory.data(4 * 64, 16);

/**
 * Writes the 80-bit tag of every job. Jobs with the same number of blocks should be adjacent, because four lanes take as long as the
 * longest of them.
 */
export function authenticate(jobs: usize, count: i32): void {
  let left = count;
  let job = jobs;
  for (; left >= 2; left -= 4) {
    // Lanes without a packet repeat the last one, which writes the same tag twice.
    const last = job + <usize>(min(left, 4) - 1) * JOB_SIZE;
    authenticateLanes(job, job + JOB_SIZE, min(job + 2 * JOB_SIZE, last), min(job + 3 * JOB_SIZE, last));
    job += 4 * JOB_SIZE;
  }
  if (left == 1) authenticateSingle(job);
}

/** Writes word and padding after the packet. Returns the number of blocks. */
function finishMessage(job: usize): i32 {
  const length = <usize>load<u32>(job, JOB_LENGTH);
  const end = <usize>load<u32>(job, JOB_MESSAGE) + length;
  store<u32>(end, bswap<u32>(load<u32>(job, JOB_WORD)));
  // The padding is 0x80, then zeros up to the last word of a block, which has the length in bits. A message this short needs no high word.
  const blocks = (length + 4 + 8) / BLOCK_SIZE + 1;
  const padding = blocks * BLOCK_SIZE - length - 4;
  memory.fill(end + 4, 0, padding - 4);
  store<u8>(end, 0x80, 4);
  store<u32>(end + padding, bswap<u32>(<u32>(BLOCK_SIZE + length + 4) * 8));
  return <i32>blocks;
}

function authenticateLanes(j0: usize, j1: usize, j2: usize, j3: usize): void {
  const blocks = i32x4(finishMessage(j0), finishMessage(j1), finishMessage(j2), finishMessage(j3));
  let m0 = <usize>load<u32>(j0, JOB_MESSAGE), m1 = <usize>load<u32>(j1, JOB_MESSAGE);
  let m2 = <usize>load<u32>(j2, JOB_MESSAGE), m3 = <usize>load<u32>(j3, JOB_MESSAGE);
  loadLaneState(j0, j1, j2, j3);
  for (let done = i32x4.splat(0); ; done = v128.add<i32>(done, i32x4.splat(1))) {
    const active = i32x4.gt_s(blocks, done);
    if (!v128.any_true(active)) break;
    compressLanes(m0, m1, m2, m3, active);
    m0 += BLOCK_SIZE, m1 += BLOCK_SIZE, m2 += BLOCK_SIZE, m3 += BLOCK_SIZE;
  }
  for (let lane: usize = 0; lane < 4; lane++) {
    for (let word: usize = 0; word < 5; word++) {
      store<u32>(OUTER + lane * BLOCK_SIZE + word * 4, bswap<u32>(load<u32>(LANE_STATE + word * 16 + lane * 4)));
    }
    padOuter(OUTER + lane * BLOCK_SIZE);
  }
  loadLaneState(j0 + 20, j1 + 20, j2 + 20, j3 + 20);
  compressLanes(OUTER, OUTER + BLOCK_SIZE, OUTER + 2 * BLOCK_SIZE, OUTER + 3 * BLOCK_SIZE, i32x4.splat(-1));
  storeTag(j0, LANE_STATE, 16);
  storeTag(j1, LANE_STATE + 4, 16);
  storeTag(j2, LANE_STATE + 8, 16);
  storeTag(j3, LANE_STATE + 12, 16);
}

function authenticateSingle(job: usize): void {
  const blocks = finishMessage(job);
  const message = <usize>load<u32>(job, JOB_MESSAGE);
  memory.copy(SINGLE_STATE, job, 20);
  for (let block = 0; block < blocks; block++) compressSingle(message + <usize>block * BLOCK_SIZE);
  for (let word: usize = 0; word < 20; word += 4) store<u32>(OUTER + word, bswap<u32>(load<u32>(SINGLE_STATE + word)));
  padOuter(OUTER);
  memory.copy(SINGLE_STATE, job + 20, 20);
  compressSingle(OUTER);
  storeTag(job, SINGLE_STATE, 4);
}

@inline
function loadLaneState(s0: usize, s1: usize, s2: usize, s3: usize): void {
  for (let word: usize = 0; word < 20; word += 4) {
    v128.store(LANE_STATE + word * 4, i32x4(load<i32>(s0 + word), load<i32>(s1 + word), load<i32>(s2 + word), load<i32>(s3 + word)));
  }
}

@inline
function padOuter(block: usize): void {
  store<u32>(block, 0x80, 20);
  memory.fill(block + 24, 0, 36);
  store<u32>(block, bswap<u32>(OUTER_BITS), 60);
}

@inline
function storeTag(job: usize, state: usize, stride: usize): void {
  const tag = <usize>load<u32>(job, JOB_TAG);
  store<u32>(tag, bswap<u32>(load<u32>(state)));
  store<u32>(tag, bswap<u32>(load<u32>(state + stride)), 4);
  store<u16>(tag, bswap<u16>(<u16>(load<u32>(state + 2 * stride) >> 16)), 8);
}
