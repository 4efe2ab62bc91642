import { SctpChunkType } from '@causeway/wire';
import { AssociationPair } from './association-pair.ts';
import { chunkTypes, withChecksum } from './packets.ts';

/** Rewrites the window in every SACK on the way back. */
function forgeWindow(pair: AssociationPair, windowBytes: () => number): void {
  const { deliver } = pair.back;
  pair.back.deliver = (nowMs, packet) => {
    if (packet[12] === SctpChunkType.sack) new DataView(packet.buffer, packet.byteOffset).setUint32(20, windowBytes());
    deliver(nowMs, withChecksum(packet));
  };
}

test('a window of zero is probed with one packet at a time, and opens again', () => {
  const pair = AssociationPair.connected();
  let windowBytes = 0;
  forgeWindow(pair, () => windowBytes);
  pair.send(pair.a, { data: new Uint8Array(1000) });
  pair.run(100);
  const { length } = pair.a.sent;

  for (let serial = 0; serial < 100; serial++) pair.send(pair.a, { data: new Uint8Array(1000) });
  let mostInFlight = 0;
  let inFlight = 0;
  pair.a.onSend = (packet) => {
    if (chunkTypes(packet).includes(SctpChunkType.iData)) mostInFlight = Math.max(mostInFlight, ++inFlight);
    pair.there.send(pair.nowMs, packet);
  };
  pair.b.onSend = (packet) => {
    inFlight = 0;
    pair.back.send(pair.nowMs, packet);
  };
  pair.run(500);
  windowBytes = 1_000_000;
  pair.run(3000);

  expect(mostInFlight).toBeGreaterThan(1);
  expect(pair.a.sent.length).toBeGreaterThan(length);
  expect(pair.b.messages).toHaveLength(101);
});

test('never more than one packet is in flight while the window is zero', () => {
  const pair = AssociationPair.connected();
  forgeWindow(pair, () => 0);
  pair.send(pair.a, { data: new Uint8Array(100) });
  pair.run(100);
  let inFlight = 0;
  const most: number[] = [];
  pair.a.onSend = (packet) => {
    if (chunkTypes(packet).includes(SctpChunkType.iData)) most.push(++inFlight);
    pair.there.send(pair.nowMs, packet);
  };
  const { deliver } = pair.back;
  pair.back.deliver = (nowMs, packet) => {
    inFlight = 0;
    deliver(nowMs, packet);
  };

  for (let serial = 0; serial < 20; serial++) pair.send(pair.a, { data: new Uint8Array(1000) });
  pair.run(3000);

  expect(Math.max(...most)).toBe(1);
  expect(pair.b.messages).toHaveLength(21);
});

test('about five megabytes wait for a peer that acknowledges nothing, however small the messages', () => {
  const pair = AssociationPair.connected();
  pair.there.lose = () => true;

  const large = Array.from({ length: 100 }, () => pair.send(pair.a, { data: new Uint8Array(262_144) })).filter((isTaken) => isTaken).length;
  const small = AssociationPair.connected();
  small.there.lose = () => true;
  let tiny = 0;
  while (tiny < 200_000 && small.send(small.a, { data: Uint8Array.of(1) })) tiny++;

  expect(large * 262_144).toBeGreaterThan(4 << 20);
  expect(large * 262_144).toBeLessThan(6 << 20);
  expect(tiny).toBeGreaterThan(50_000);
  expect(tiny).toBeLessThan(100_000);
});

test('a message of 256 KiB on one channel does not hold up a small one on another', () => {
  const pair = AssociationPair.connected({ link: { delayMs: 20 } });
  pair.send(pair.a, { streamId: 1, data: new Uint8Array(262_144) });
  pair.run(1);
  for (let serial = 0; serial < 10; serial++)
    pair.after(serial * 10, () => pair.send(pair.a, { streamId: 2, data: Uint8Array.of(serial) }));

  pair.run(5000);

  const large = pair.b.messages.find(({ streamId }) => streamId === 1);
  const small = pair.b.messages.filter(({ streamId }) => streamId === 2);
  expect(small.map(({ data }) => data[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(small[2]?.atMs).toBeLessThan(large?.atMs ?? 0);
});

test('channels share the bytes by their priority', () => {
  const pair = AssociationPair.connected({ link: { delayMs: 20 } });
  pair.a.association.setPriority(1, 1024);
  pair.a.association.setPriority(2, 256);
  for (let serial = 0; serial < 200; serial++) for (const streamId of [1, 2]) pair.send(pair.a, { streamId, data: new Uint8Array(5000) });

  pair.runUntil(() => pair.b.messages.length >= 150, 60_000);

  const favoured = pair.b.messages.filter(({ streamId }) => streamId === 1).length;
  expect(favoured / (pair.b.messages.length - favoured)).toBeGreaterThan(3);
  expect(favoured / (pair.b.messages.length - favoured)).toBeLessThan(5);
});
