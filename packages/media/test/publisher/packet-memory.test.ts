import { seededRandom } from '@causeway/testkit';
import { PacketMemory, type PacketSlab, SLAB_BYTES, SPARE_SLABS } from '../../src/publisher/packet-history.ts';

interface Kept {
  readonly slab: PacketSlab;
  readonly offset: number;
  readonly packet: Uint8Array;
}

function keep(memory: PacketMemory, packet: Uint8Array): Kept {
  const slab = memory.keep(packet);
  return { slab, offset: memory.offset, packet };
}

function read({ slab, offset, packet }: Kept): Uint8Array {
  return slab.bytes.subarray(offset, offset + packet.length);
}

function keepMany(memory: PacketMemory, count: number): Kept[] {
  return Array.from({ length: count }, (_, index) => keep(memory, new Uint8Array(1200).fill(index)));
}

function releaseAll(memory: PacketMemory, kept: readonly Kept[]): void {
  for (const { slab } of kept) memory.release(slab);
}

test('packets stay as they were while they are kept, whatever comes and goes beside them', () => {
  const memory = new PacketMemory();
  const random = seededRandom(4);
  const kept: Kept[] = [];

  for (let round = 0; round < 20_000; round++) {
    kept.push(keep(memory, new Uint8Array(Math.floor(random() * 1500)).fill(round)));
    // About in the order in which they came.
    if (random() < 0.9) memory.release(kept.splice(Math.floor(random() * Math.min(50, kept.length)), 1)[0]!.slab);
  }

  expect(kept.length).toBeGreaterThan(1000);
  expect(kept.every((each) => Buffer.from(read(each)).equals(each.packet))).toBe(true);
  releaseAll(memory, kept);
  expect(memory.slabsInUse).toBe(0);
});

test('a steady stream takes no new memory: what was let go of is written again', () => {
  const memory = new PacketMemory();
  const slabs = new Set<PacketSlab>();
  let kept = keepMany(memory, 1000);

  for (let second = 0; second < 10; second++) {
    const next = keepMany(memory, 1000);
    for (const { slab } of [...kept, ...next]) slabs.add(slab);
    releaseAll(memory, kept);
    kept = next;
  }

  // 2,000 packets of 1,200 bytes at a time.
  expect(slabs.size).toBeLessThanOrEqual(2 + 2 * Math.ceil(1000 / Math.floor(SLAB_BYTES / 1200)));
});

test('after a burst, little memory stays', () => {
  const memory = new PacketMemory();
  const burst = keepMany(memory, 10_000);

  releaseAll(memory, burst);

  expect(memory.slabsInUse).toBe(0);
  expect(memory.slabsFree).toBe(SPARE_SLABS);
});

test('a packet larger than a slab has memory of its own, which is not used again', () => {
  const memory = new PacketMemory();
  const large = keep(memory, new Uint8Array(SLAB_BYTES + 1).fill(7));

  expect(read(large)).toEqual(large.packet);
  const small = keep(memory, new Uint8Array(10));
  memory.release(large.slab);
  memory.release(small.slab);

  expect([memory.slabsInUse, memory.slabsFree]).toEqual([0, 0]);
});
