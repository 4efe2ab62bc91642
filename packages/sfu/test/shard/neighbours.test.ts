import { MessageChannel } from 'node:worker_threads';
import { DropReason } from '@causeway/media';
import { seededBytes } from '@causeway/testkit/mesh';
import { writeBindingRequest, writeBindingSuccess } from '@causeway/wire';
import { type LocalSocket, SocketPath } from '../../src/io/socket-path.ts';
import type { DatagramOrigin } from '../../src/io/udp-port-options.ts';
import { createIceCredentials } from '../../src/negotiation/ice-credentials.ts';
import { Neighbours } from '../../src/shard/neighbours.ts';
import { createRingMemory } from '../../src/shard/packet-ring.ts';

const ORIGIN: DatagramOrigin = { localAddress: '192.0.2.1', address: '198.51.100.7', port: 40_000 };
const LOCAL = { address: ORIGIN.localAddress } as LocalSocket;
const DTLS = Uint8Array.of(22, 254, 253, 0);
const PASSED_ON_BYTES = 1 << 14;
const LINK_BYTES = 1 << 14;

interface Heard {
  readonly origin: DatagramOrigin;
  readonly datagram: Buffer;
}

/** One shard of two, with what reaches it. */
class Side {
  readonly passedOn: Heard[] = [];
  readonly linkPackets: string[] = [];
  readonly drops: DropReason[] = [];
  readonly pathsLost: DatagramOrigin[] = [];
  readonly claimed: SocketPath[] = [];
  readonly neighbours: Neighbours;

  constructor(shardNo: number, nowMs: () => number) {
    this.neighbours = new Neighbours(shardNo, nowMs);
    this.neighbours.setListener({
      onPassedOn: (origin, datagram) => this.passedOn.push({ origin, datagram }),
      onLinkPacket: (_path, packet) => this.linkPackets.push(packet.toString()),
      onLookDue: () => this.neighbours.look(nowMs()),
      onPathLost: (origin) => this.pathsLost.push(origin),
      claimedPaths: () => this.claimed,
      onDrop: (reason) => this.drops.push(reason),
    });
  }
}

const opened: Side[] = [];

function openPair() {
  const time = { nowMs: 0 };
  const [zero, one] = [new Side(0, () => time.nowMs), new Side(1, () => time.nowMs)];
  introduce(zero, one);
  opened.push(zero, one);
  return { zero, one, time };
}

function introduce(zero: Side, one: Side): void {
  const { port1, port2 } = new MessageChannel();
  const [there, back] = [createRingMemory(PASSED_ON_BYTES), createRingMemory(PASSED_ON_BYTES)];
  zero.neighbours.meet({ neighbourNo: 1, port: port1, passedOnIn: back, passedOnOut: there });
  one.neighbours.meet({ neighbourNo: 0, port: port2, passedOnIn: there, passedOnOut: back });
}

afterEach(() => {
  for (const { neighbours } of opened.splice(0)) neighbours.close();
});

function checkFor(shardNo: number): Uint8Array {
  const integrity = { key: Uint8Array.of(1), hmacSha1: () => new Uint8Array(20) };
  const { ufrag } = createIceCredentials(shardNo, seededBytes());
  const transactionId = new Uint8Array(12);
  return writeBindingRequest({ transactionId, username: `${ufrag}:them`, priority: 1, iceControlling: 1n, integrity, fingerprint: true });
}

function pathOf({ address, port }: DatagramOrigin): SocketPath {
  return new SocketPath(LOCAL, address, port);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate);
}

test('a check goes to the shard that its user name begins with, with the address it came from', async () => {
  const { zero, one } = openPair();
  const check = checkFor(1);

  const own = zero.neighbours.passOn(ORIGIN, checkFor(0), false);
  const foreign = zero.neighbours.passOn(ORIGIN, check, false);
  await until(() => one.passedOn.length > 0);

  expect([own, foreign]).toEqual([false, true]);
  expect(one.passedOn).toEqual([{ origin: ORIGIN, datagram: Buffer.from(check) }]);
});

test('a check that names another shard is passed on even from a path that is claimed here', () => {
  const { zero } = openPair();

  expect(zero.neighbours.passOn(ORIGIN, checkFor(1), true)).toBe(true);
});

test('a check for a shard that does not exist, a plain STUN request and nonsense stay where they came', () => {
  const { zero } = openPair();
  const plain = Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12));

  const stays = [checkFor(7), plain, new Uint8Array(0), Uint8Array.of(0, 1, 2), DTLS].map((datagram) =>
    zero.neighbours.passOn(ORIGIN, datagram, false),
  );

  expect(stays).toEqual([false, false, false, false, false]);
  expect(zero.drops).toEqual([]);
});

test('what follows a check goes to the shard that has claimed the path, from the very moment it has', async () => {
  const { zero, one } = openPair();
  const answer = writeBindingSuccess({ transactionId: new Uint8Array(12), address: '192.0.2.1', port: 1, fingerprint: false });

  const before = zero.neighbours.passOn(ORIGIN, DTLS, false);
  one.neighbours.pathClaimed(pathOf(ORIGIN));
  // Within the same turn of the event loop: the message has arrived, though it has not been read.
  const after = [DTLS, answer].map((datagram) => zero.neighbours.passOn(ORIGIN, datagram, false));
  const elsewhere = zero.neighbours.passOn({ ...ORIGIN, port: 40_001 }, DTLS, false);
  await until(() => one.passedOn.length === 2);

  expect([before, after, elsewhere]).toEqual([false, [true, true], false]);
});

test('what comes on a path that is claimed here stays here, until another shard has proved that it is its own', async () => {
  const { zero, one } = openPair();

  one.neighbours.pathClaimed(pathOf(ORIGIN));
  const claimedTwice = zero.neighbours.passOn(ORIGIN, DTLS, true);
  one.neighbours.pathProven(pathOf(ORIGIN));
  await until(() => zero.pathsLost.length > 0);

  expect(claimedTwice).toBe(false);
  expect(zero.pathsLost).toEqual([ORIGIN]);
  expect(zero.neighbours.passOn(ORIGIN, DTLS, false)).toBe(true);
});

test('a path that was given up belongs to no shard', () => {
  const { zero, one } = openPair();
  one.neighbours.pathClaimed(pathOf(ORIGIN));
  zero.neighbours.passOn(ORIGIN, DTLS, false);

  one.neighbours.pathReleased(pathOf(ORIGIN));

  zero.neighbours.passOn({ ...ORIGIN, port: 1 }, DTLS, false);
  expect(zero.neighbours.passOn(ORIGIN, DTLS, false)).toBe(false);
  expect(zero.neighbours.foreignPaths).toBe(0);
});

test('strangers make nothing grow: only what was claimed is remembered', () => {
  const { zero } = openPair();

  for (let port = 1; port < 5_000; port++) zero.neighbours.passOn({ ...ORIGIN, port }, port % 2 === 0 ? checkFor(1) : DTLS, false);

  expect(zero.neighbours.foreignPaths).toBe(0);
});

test('checks are passed on at a bounded rate, and what is beyond it is counted', async () => {
  const { zero, one, time } = openPair();
  const check = checkFor(1);
  let taken = 0;

  for (time.nowMs = 0; time.nowMs < 2_000; time.nowMs++) {
    for (let each = 0; each < 20; each++) zero.neighbours.passOn(ORIGIN, check, false);
    const already = one.passedOn.length;
    await until(() => one.passedOn.length > already);
    taken = one.passedOn.length;
  }

  expect(taken).toBeGreaterThan(8_000);
  expect(taken).toBeLessThanOrEqual(9_000);
  expect(zero.drops.every((reason) => reason === DropReason.OverPassOnBudget)).toBe(true);
  expect(zero.drops.length + taken).toBe(40_000);
});

test('a shard that is behind is not waited for: what finds no room is lost and counted', () => {
  const { zero, one } = openPair();
  one.neighbours.pathClaimed(pathOf(ORIGIN));

  for (let count = 0; count < 100; count++) zero.neighbours.passOn(ORIGIN, Uint8Array.of(128, ...new Uint8Array(1_000)), false);

  expect(zero.drops.length).toBeGreaterThan(80);
  expect(new Set(zero.drops)).toEqual(new Set([DropReason.ShardBehind]));
});

test('a link carries packets in order, in both directions', async () => {
  const { zero, one } = openPair();
  const [there, back] = [createRingMemory(PASSED_ON_BYTES), createRingMemory(PASSED_ON_BYTES)];
  const fromZero = zero.neighbours.openLink(1, { inbound: back, outbound: there });
  const fromOne = one.neighbours.openLink(0, { inbound: there, outbound: back });
  if (fromZero === undefined || fromOne === undefined) throw new Error('they have met');

  for (const word of ['one', 'two']) zero.neighbours.write(fromZero, Buffer.from(`..${word}`), 2, 3);
  zero.neighbours.flush();
  await until(() => one.linkPackets.length === 2);
  one.neighbours.write(fromOne, Buffer.from('back'), 0, 4);
  one.neighbours.flush();
  await until(() => zero.linkPackets.length === 1);

  expect([one.linkPackets, zero.linkPackets]).toEqual([['one', 'two'], ['back']]);
});

/** A link from shard 0 to shard 1, over which so many packets cross in each of so many milliseconds. */
async function openBusyLink() {
  const { zero, one, time } = openPair();
  const [there, back] = [createRingMemory(LINK_BYTES), createRingMemory(LINK_BYTES)];
  const path = zero.neighbours.openLink(1, { inbound: back, outbound: there });
  one.neighbours.openLink(0, { inbound: there, outbound: back });
  if (path === undefined) throw new Error('they have met');
  const send = (word: string): void => {
    zero.neighbours.write(path, Buffer.from(word), 0, word.length);
    zero.neighbours.flush();
  };
  for (time.nowMs = 0; time.nowMs < 40; time.nowMs++) {
    for (let each = 0; each < 5; each++) send('many');
    await until(() => one.linkPackets.length === 5 * (time.nowMs + 1));
  }
  one.linkPackets.length = 0;
  return { one, time, send };
}

test('a shard to which many packets cross finds the next ones in its own turn, without having been woken', async () => {
  const { one, time, send } = await openBusyLink();

  send('next');
  const before = [...one.linkPackets];
  one.neighbours.look(time.nowMs);

  expect(before).toEqual([]);
  expect(one.linkPackets).toEqual(['next']);
});

test('a shard that has no turn of its own looks for what crosses to it, too', async () => {
  const { one, send } = await openBusyLink();

  send('next');
  await until(() => one.linkPackets.length === 1);

  expect(one.linkPackets).toEqual(['next']);
});

test('where packets have become few again the next one wakes', async () => {
  const { one, time, send } = await openBusyLink();

  for (const end = time.nowMs + 100; time.nowMs < end; time.nowMs++) one.neighbours.look(time.nowMs);
  send('rare');
  one.neighbours.look(time.nowMs);
  const found = [...one.linkPackets];
  await until(() => one.linkPackets.length === 1);

  expect(found).toEqual([]);
  expect(one.linkPackets).toEqual(['rare']);
});

test('a new shard learns which paths are claimed; the claims of a lost shard are void', async () => {
  const { zero, one } = openPair();
  zero.claimed.push(pathOf(ORIGIN));
  one.neighbours.pathClaimed(pathOf({ ...ORIGIN, port: 2 }));
  await until(() => zero.neighbours.foreignPaths === 1);

  zero.neighbours.part(1);
  one.neighbours.close();
  const afterLoss = zero.neighbours.foreignPaths;
  const replacement = new Side(1, () => 0);
  opened.push(replacement);
  introduce(zero, replacement);

  expect(afterLoss).toBe(0);
  expect(replacement.neighbours.passOn(ORIGIN, DTLS, false)).toBe(true);
});
