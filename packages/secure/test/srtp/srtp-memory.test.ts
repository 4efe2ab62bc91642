import {
  AUTHENTICATION_ROOM_BYTES,
  INBOUND_PLACE_BYTES,
  JOB_WORDS,
  LANES,
  MAX_BLOCKS,
  MAX_INBOUND_PACKET_BYTES,
  SLOT_SIZE_BYTES,
  SrtpMemory,
} from '../../src/srtp/srtp-memory.ts';

const JOB_BYTES = 4 * JOB_WORDS;

/** Over so many slots the end of the memory comes to lie everywhere in a page of WebAssembly. */
const SLOT_COUNTS = Array.from({ length: 42 }, (_, index) => index + 1);

const ARENAS = SLOT_COUNTS.flatMap((arenaSlots) => [{ arenaSlots }, { arenaSlots, openssl: 'missing' as const }]);

test.each(ARENAS)(
  'with $arenaSlots slots (own calls into OpenSSL $openssl) no two parts of the memory overlap, and the kernel has room behind the last',
  async (options) => {
    const keystreamPages = 3;
    const memory = await SrtpMemory.create({ ...options, keystreamPages });
    const parts: [at: number, sizeBytes: number][] = [
      [0, memory.kernel.firstFreeByte()],
      [memory.keyAt, 16],
      [memory.saltAt, 16],
      [memory.counterBlocksAt, memory.keystreamPageBytes],
      [memory.single.at, MAX_INBOUND_PACKET_BYTES],
      [memory.zerosAt, MAX_INBOUND_PACKET_BYTES],
      [memory.inboundPacketAt, MAX_INBOUND_PACKET_BYTES + AUTHENTICATION_ROOM_BYTES],
      [memory.groupPacketsAt, LANES * INBOUND_PLACE_BYTES],
      [memory.groupJobsAt, LANES * JOB_BYTES],
      [memory.jobsAt, (MAX_BLOCKS + 1) * (LANES - 1) * JOB_BYTES],
      [memory.jobGroupsAt, (MAX_BLOCKS + 1) * LANES * JOB_BYTES],
      [memory.keystreamPagesAt, keystreamPages * memory.keystreamPageBytes],
      [memory.arenaAt, options.arenaSlots * SLOT_SIZE_BYTES],
    ];

    const ends = parts.map(([at, sizeBytes]) => at + sizeBytes);
    const starts = parts.map(([at]) => at);

    // Each begins where the one before has ended, or later; a place that is not a number is neither.
    expect(starts.slice(1).every((start, index) => start >= (ends[index] ?? Number.NaN))).toBe(true);
    expect(starts.every((start) => start % 16 === 0)).toBe(true);
    // Lanes that have ended go on reading as far as the longest packet is long.
    expect(memory.bytes.length).toBeGreaterThanOrEqual((ends.at(-1) ?? Number.NaN) + 2 * SLOT_SIZE_BYTES);
  },
);
