import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { seededRandom } from '@causeway/testkit';
import { createRingMemory, PacketRingReader, PacketRingWriter } from '../../src/shard/packet-ring.ts';

const CAPACITY = 1 << 12;

function openRing(lends = false) {
  const memory = createRingMemory(CAPACITY);
  return { writer: new PacketRingWriter(memory), reader: new PacketRingReader(memory, lends) };
}

function drain(reader: PacketRingReader, maxPackets = Number.POSITIVE_INFINITY): Buffer[] {
  const packets: Buffer[] = [];
  reader.drain((packet) => packets.push(Buffer.from(packet)), maxPackets);
  return packets;
}

function packetOf(length: number, seed: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 7 + seed) & 0xff));
}

test.each([false, true])(
  'packets of any length come out as they went in and in order, over the end of the memory too; lent: %s',
  (lends) => {
    const { writer, reader } = openRing(lends);
    const random = seededRandom(8);
    const sent: Buffer[] = [];
    const received: Buffer[] = [];

    for (let round = 0; round < 2_000; round++) {
      const packet = packetOf(Math.floor(random() * 1_500), round);
      if (writer.write(packet, 0, packet.length)) sent.push(packet);
      writer.publish();
      if (random() < 0.6) received.push(...drain(reader));
    }
    received.push(...drain(reader));

    expect(sent.length).toBeGreaterThan(1_000);
    expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true);
    expect(received.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
  },
);

test('what does not fit is refused, and fits once the reader has made room', () => {
  const { writer, reader } = openRing();
  const packet = packetOf(1_000, 1);
  const taken = Array.from({ length: 6 }, () => writer.write(packet, 0, packet.length));
  writer.publish();

  drain(reader, 1);

  expect(taken).toEqual([true, true, true, true, false, false]);
  expect(writer.write(packet, 0, packet.length)).toBe(true);
});

test('nothing is seen before it is published', () => {
  const { writer, reader } = openRing();
  writer.write(packetOf(10, 1), 0, 10);

  const early = drain(reader);
  writer.publish();

  expect(early).toEqual([]);
  expect(drain(reader)).toHaveLength(1);
});

test('only a reader that sleeps is to be woken, once', () => {
  const { writer, reader } = openRing();
  const packet = packetOf(10, 1);
  const publish = (): boolean => {
    writer.write(packet, 0, packet.length);
    return writer.publish();
  };

  const whileAwake = publish();
  const isAsleepWithUnread = reader.sleep();
  drain(reader);
  const isAsleep = reader.sleep();
  const whileAsleep = [publish(), publish()];

  expect(whileAwake).toBe(false);
  expect(isAsleepWithUnread).toBe(false);
  expect(isAsleep).toBe(true);
  expect(whileAsleep).toEqual([true, false]);
});

function takeOneOf(reader: PacketRingReader): Buffer {
  const taken: Buffer[] = [];
  reader.drain((packet) => taken.push(packet), 1);
  return taken[0] ?? Buffer.alloc(0);
}

test("a packet that is the reader's own stays as it is when the memory is written again", () => {
  const { writer, reader } = openRing();
  const first = packetOf(1_000, 1);
  writer.write(first, 0, first.length);
  writer.publish();
  const own = takeOneOf(reader);

  for (let round = 0; round < 20; round++) {
    writer.write(packetOf(1_000, 50 + round), 0, 1_000);
    writer.publish();
    drain(reader);
  }

  expect(own.equals(first)).toBe(true);
});

test('packets that are lent lie one after the other in the same memory', () => {
  const { writer, reader } = openRing(true);
  const lent: Buffer[] = [];

  for (let round = 0; round < 10; round++) {
    writer.write(packetOf(100, round), 0, 100);
    writer.publish();
    lent.push(takeOneOf(reader));
  }

  expect(new Set(lent.map(({ buffer }) => buffer)).size).toBe(1);
});

/** Writes numbers as packets as fast as there is room, in a thread of its own. */
const WRITER = `
const { workerData } = require('node:worker_threads');
import(workerData.module).then(({ PacketRingWriter }) => {
  const writer = new PacketRingWriter(workerData.memory);
  const packet = Buffer.alloc(100);
  for (let number = 0; number < workerData.count; ) {
    packet.writeUInt32LE(number, 0);
    if (writer.write(packet, 0, 4 + (number % 96))) number++;
    writer.publish();
  }
});
`;

test('two threads at once lose nothing and mix nothing up', async () => {
  const count = 10_000;
  const memory = createRingMemory(CAPACITY);
  const reader = new PacketRingReader(memory, false);
  const module = new URL('../../src/shard/packet-ring.ts', `file://${__filename}`).href;
  const thread = new Worker(WRITER, { eval: true, workerData: { module, memory, count } });
  const ended = once(thread, 'exit');
  let next = 0;
  let mistakes = 0;

  while (next < count) {
    reader.drain((packet) => {
      if (packet.readUInt32LE(0) !== next || packet.length !== 4 + (next % 96)) mistakes++;
      next++;
    }, 1_000);
    await new Promise(setImmediate);
  }
  await ended;

  expect(mistakes).toBe(0);
}, 30_000);
