import { type ExtendedSeq, SequenceUnwrapper, toSeq16 } from '@causeway/wire';
import fc from 'fast-check';
import { PACKET_HISTORY_DEFAULTS, PacketHistory, PacketMemory } from '../../src/publisher/packet-history.ts';

const LENGTH = 3;

function seqOf(value: number): ExtendedSeq {
  return value as ExtendedSeq;
}

function bytesOf(seq: number): Uint8Array {
  return Uint8Array.of(seq >>> 16, seq >>> 8, seq, 0xff);
}

/** What of them is the packet. */
function packetOf(seq: number): Uint8Array {
  return bytesOf(seq).subarray(0, LENGTH);
}

function insertRange(history: PacketHistory, nowMs: number, from: number, to: number): void {
  for (let seq = from; seq <= to; seq++) history.insert(nowMs, seqOf(seq), bytesOf(seq), LENGTH);
}

describe('PacketHistory', () => {
  test('finds a packet by its sequence number: a copy of what it was given', () => {
    const history = new PacketHistory(new PacketMemory(), PACKET_HISTORY_DEFAULTS.video);
    const bytes = bytesOf(7);

    expect(history.insert(0, seqOf(7), bytes, LENGTH)).toBe(true);

    bytes.fill(0);
    expect(history.find(10, seqOf(7))).toEqual(packetOf(7));
    expect(history.lengthOf(seqOf(7))).toBe(LENGTH);
    expect(history.find(10, seqOf(8))).toBeUndefined();
  });

  test('knows nothing before the first packet', () => {
    const history = new PacketHistory(new PacketMemory(), PACKET_HISTORY_DEFAULTS.video);

    expect(history.has(seqOf(0))).toBe(false);
    expect(history.find(0, seqOf(0))).toBeUndefined();
  });

  test('refuses a packet that is here already, and keeps the first', () => {
    const history = new PacketHistory(new PacketMemory(), PACKET_HISTORY_DEFAULTS.video);
    history.insert(0, seqOf(7), bytesOf(7), LENGTH);

    expect(history.insert(1, seqOf(7), bytesOf(8), LENGTH)).toBe(false);

    expect(history.find(1, seqOf(7))).toEqual(packetOf(7));
  });

  test('accepts packets out of order, even from before the first one seen', () => {
    const history = new PacketHistory(new PacketMemory(), PACKET_HISTORY_DEFAULTS.video);

    const accepted = [10, 12, 9, 11, -3].map((seq) => history.insert(0, seqOf(seq), bytesOf(seq), LENGTH));

    expect(accepted).toEqual([true, true, true, true, true]);
    expect([9, 10, 11, 12, -3].every((seq) => history.has(seqOf(seq)))).toBe(true);
  });

  test('no longer finds a packet after its age, but still knows it as a duplicate', () => {
    const history = new PacketHistory(new PacketMemory(), { maxPackets: 100, maxAgeMs: 1000 });
    history.insert(0, seqOf(1), bytesOf(1), LENGTH);
    history.insert(500, seqOf(2), bytesOf(2), LENGTH);

    expect(history.find(1000, seqOf(1))).toBeDefined();
    expect(history.find(1001, seqOf(1))).toBeUndefined();
    expect(history.insert(1001, seqOf(1), bytesOf(1), LENGTH)).toBe(false);
    expect(history.find(1001, seqOf(2))).toBeDefined();
  });

  test('lets go of bytes that can no longer be found', () => {
    const history = new PacketHistory(new PacketMemory(), { maxPackets: 100, maxAgeMs: 1000 });
    insertRange(history, 0, 1, 10);
    insertRange(history, 600, 11, 20);

    history.releaseBefore(1100);

    // Asked as of an earlier time, so that age alone does not hide them.
    expect(history.find(700, seqOf(10))).toBeUndefined();
    expect(history.find(700, seqOf(11))).toBeDefined();
    expect(history.has(seqOf(10))).toBe(true);
  });

  test('reaches as far back as it was told, and says too old below that', () => {
    const history = new PacketHistory(new PacketMemory(), { maxPackets: 2500, maxAgeMs: 2000 });
    for (let seq = 1; seq <= 6000; seq++) if (seq % 1000 !== 0) history.insert(0, seqOf(seq), bytesOf(seq), LENGTH);

    expect(history.find(0, seqOf(3501))).toEqual(packetOf(3501));
    expect(history.find(0, seqOf(3499))).toBeUndefined();
    expect(history.insert(0, seqOf(4000), bytesOf(4000), LENGTH)).toBe(true);
    expect(history.insert(0, seqOf(3000), bytesOf(3000), LENGTH)).toBe(false);
  });

  test('stays small for a thin stream: packets that age make room for new ones', () => {
    const history = new PacketHistory(new PacketMemory(), PACKET_HISTORY_DEFAULTS.audio);

    for (let seq = 0; seq < 5000; seq++) history.insert(seq * 20, seqOf(seq), bytesOf(seq), LENGTH);

    expect(history.capacity).toBe(128);
    expect(history.find(4999 * 20, seqOf(4960))).toEqual(packetOf(4960));
  });

  test('grows to hold everything a fast stream sends within the age', () => {
    const history = new PacketHistory(new PacketMemory(), PACKET_HISTORY_DEFAULTS.video);

    for (let seq = 0; seq < 4000; seq++) history.insert(seq, seqOf(seq), bytesOf(seq), LENGTH);

    expect(history.capacity).toBe(4096);
    for (let seq = 2000; seq < 4000; seq++) expect(history.find(3999, seqOf(seq))).toEqual(packetOf(seq));
  });

  test('keeps a whole gap within reach, however quiet the stream was before it', () => {
    const history = new PacketHistory(new PacketMemory(), PACKET_HISTORY_DEFAULTS.video);
    history.insert(0, seqOf(0), bytesOf(0), LENGTH);

    history.insert(60_000, seqOf(401), bytesOf(401), LENGTH);
    const repaired = [1, 200, 400].map((seq) => history.insert(60_050, seqOf(seq), bytesOf(seq), LENGTH));

    expect(repaired).toEqual([true, true, true]);
  });

  test('does not take for new what it had forgotten while it was small', () => {
    const history = new PacketHistory(new PacketMemory(), PACKET_HISTORY_DEFAULTS.video);
    for (let seq = 0; seq < 1000; seq++) history.insert(seq * 100, seqOf(seq), bytesOf(seq), LENGTH);
    const smallCapacity = history.capacity;
    insertRange(history, 100_000, 1000, 1300);

    const copies = Array.from({ length: 1300 }, (_, seq) => history.insert(100_001, seqOf(seq), bytesOf(seq), LENGTH));

    expect(history.capacity).toBeGreaterThan(4 * smallCapacity);
    expect(copies).not.toContain(true);
  });

  test('survives a jump beyond everything it holds', () => {
    const history = new PacketHistory(new PacketMemory(), { maxPackets: 100, maxAgeMs: 1000 });
    insertRange(history, 0, 1, 100);

    expect(history.insert(1, seqOf(1_000_000), bytesOf(5), LENGTH)).toBe(true);

    expect(history.find(1, seqOf(100))).toBeUndefined();
    expect(history.insert(1, seqOf(100), bytesOf(100), LENGTH)).toBe(false);
    expect(history.find(1, seqOf(1_000_000))).toBeDefined();
  });

  test('works across the wrap of the sequence number', () => {
    const history = new PacketHistory(new PacketMemory(), PACKET_HISTORY_DEFAULTS.video);
    const unwrapper = new SequenceUnwrapper();

    const accepted = [65534, 65535, 1, 0, 65535].map((raw) => {
      const seq = unwrapper.unwrap(toSeq16(raw));
      return history.insert(0, seq, bytesOf(seq), LENGTH);
    });

    expect(accepted).toEqual([true, true, true, true, false]);
    expect(history.find(0, seqOf(65536))).toEqual(packetOf(65536));
  });

  test('accepts every packet exactly once, whatever the order, the losses, the copies and the pauses', () => {
    const step = fc.record({
      advance: fc.oneof(
        { weight: 20, arbitrary: fc.integer({ min: -40, max: 3 }) },
        { weight: 1, arbitrary: fc.integer({ min: -300, max: 300 }) },
      ),
      elapsedMs: fc.oneof({ weight: 30, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.nat(3000) }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 600, size: 'max' }), fc.boolean(), (steps, releases) => {
        const memory = new PacketMemory();
        const history = new PacketHistory(memory, { maxPackets: 200, maxAgeMs: 1000 });
        const arrivedAtMs = new Map<number, number>();
        let nowMs = 0;
        let highest = 1000;
        for (const { advance, elapsedMs } of steps) {
          nowMs += elapsedMs;
          if (releases) history.releaseBefore(nowMs);
          const seq = highest + advance;
          const accepted = history.insert(nowMs, seqOf(seq), bytesOf(seq), LENGTH);
          const isCopy = arrivedAtMs.has(seq);
          if (accepted && isCopy) expect(`${seq} accepted`).toBe('once');
          // Nothing that a subscriber may still want is refused.
          if (!accepted && !isCopy && highest - seq < 48) expect(`${seq} of ${highest} refused`).toBe('never');
          if (accepted) arrivedAtMs.set(seq, nowMs);
          highest = Math.max(highest, seq);
        }
        for (const [seq, atMs] of arrivedAtMs) {
          const isKept = seq > highest - 200 && nowMs - atMs <= 1000;
          expect(history.find(nowMs, seqOf(seq))).toEqual(isKept ? packetOf(seq) : undefined);
        }
        history.releaseBefore(Number.POSITIVE_INFINITY);
        expect([history.measure().packets, memory.slabsInUse]).toEqual([0, 0]);
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  test('once closed, still finds what it kept, though others have its memory now', () => {
    const memory = new PacketMemory();
    const history = new PacketHistory(memory, PACKET_HISTORY_DEFAULTS.video);
    insertRange(history, 0, 1, 100);
    insertRange(history, 3000, 101, 200);

    history.close(3000);

    expect(memory.slabsInUse).toBe(0);
    const other = new PacketHistory(memory, PACKET_HISTORY_DEFAULTS.video);
    for (let seq = 1; seq <= 200; seq++) other.insert(3000, seqOf(seq), new Uint8Array(LENGTH), LENGTH);
    for (let seq = 101; seq <= 200; seq++) expect(history.find(3000, seqOf(seq))).toEqual(packetOf(seq));
    expect([history.find(3000, seqOf(100)), history.find(5001, seqOf(200))]).toEqual([undefined, undefined]);
  });
});
