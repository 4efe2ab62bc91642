/** Datagrams that wait for each other and leave together. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { constants } from 'node:os';
import { type Path, type ProtectedBytes, SendKind } from '@causeway/media';
import { SocketPath } from '../../src/io/socket-path.ts';
import { loadSystemCalls, type SystemCalls } from '../../src/io/system-calls.ts';
import { LOOPBACK, type OpenedPort, openPeer, openPort, pathOf } from './support/open-port.ts';

const calls = loadSystemCalls();
/** What is queued lies in memory that never moves, as an engine's does. */
const MEMORY = new Uint8Array(4 * 65_536) as ProtectedBytes;
const SLOT_BYTES = 1_300;

interface Peer {
  readonly socket: Socket;
  readonly path: Path;
  readonly heard: string[];
}

async function joinPeers(opened: OpenedPort, count: number, address?: string): Promise<readonly Peer[]> {
  const peers: Peer[] = [];
  for (let index = 0; index < count; index++) {
    const socket = await openPeer(address);
    const heard: string[] = [];
    socket.on('message', (datagram, from) => heard.push(from.port === opened.port.port ? String(datagram) : `from ${from.port}`));
    peers.push({ socket, path: await pathOf(socket, opened), heard });
  }
  return peers;
}

/** Writes each text into a slot of its own and queues it. */
function queueAll(opened: OpenedPort, texts: readonly (readonly [Path, string])[]): void {
  texts.forEach(([path, text], index) => {
    const { written } = new TextEncoder().encodeInto(text, MEMORY.subarray(index * SLOT_BYTES));
    opened.port.queue(path, MEMORY, index * SLOT_BYTES, written, SendKind.Video);
  });
  opened.port.sendQueued();
  // A reader of these bytes would now see something else.
  MEMORY.fill(0);
}

function textsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => `${number} ${'x'.repeat(number * 20)}`);
}

/** As many for each, in turns. */
function everyText(peers: readonly Peer[], count: number): readonly (readonly [Path, string])[] {
  return textsOf(count).flatMap((text) => peers.map(({ path }) => [path, text] as const));
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise(setImmediate);
}

function close(opened: OpenedPort, peers: readonly Peer[]): void {
  opened.port.close();
  for (const { socket } of peers) socket.close();
}

/** One `sendMany`: how many datagrams or trains it was given, and how many the system took. */
type Asked = readonly [given: number, taken: number];

/** As the system's, but has no room after the first `room` datagrams, and notes each call. */
function watched(asked: Asked[], room = Number.POSITIVE_INFINITY): SystemCalls | undefined {
  if (calls === undefined) return undefined;
  let left = room;
  return {
    ...calls,
    sendMany(fd, headersAt, count) {
      const taken = left === 0 ? -1 : calls.sendMany(fd, headersAt, Math.min(left, count));
      left -= Math.max(0, taken);
      asked.push([count, taken]);
      return taken;
    },
    lastError: () => (left === 0 ? constants.errno.EAGAIN : calls.lastError()),
  };
}

test('this Node on this Linux has the calls', () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const hasFfi = major > 26 || (major === 26 && minor >= 1);
  expect(calls !== undefined).toBe(process.platform === 'linux' && hasFfi);
});

describe.each([
  ['with one system call for many', calls],
  ['with one for each', undefined],
])('%s', (_, systemCalls) => {
  test('every peer gets its datagrams in order and from the port, even more than fit into one call', async () => {
    const opened = await openPort(3, systemCalls);
    const peers = await joinPeers(opened, 5);
    for (const { path } of peers) opened.port.pathSelected(path);

    queueAll(opened, everyText(peers, 30));
    await until(() => peers.every(({ heard }) => heard.length === 30));
    const { addressSlots } = opened.port.counts;
    for (const { path } of peers) opened.port.pathReleased(path);
    const released = opened.port.counts.addressSlots;
    close(opened, peers);

    for (const { heard } of peers) expect(heard).toEqual(textsOf(30));
    expect([addressSlots, released]).toEqual([systemCalls === undefined ? 0 : peers.length, 0]);
  });

  test('over IPv6', async () => {
    const opened = await openPort(1, systemCalls, '::1');
    const peers = await joinPeers(opened, 2, '::1');

    queueAll(
      opened,
      peers.map(({ path }, index) => [path, `to ${index}`] as const),
    );
    await until(() => peers.every(({ heard }) => heard.length === 1));
    close(opened, peers);

    expect(peers.map(({ heard }) => heard)).toEqual([['to 0'], ['to 1']]);
  });

  test('datagrams after a released path go to the path that took its slot', async () => {
    const opened = await openPort(2, systemCalls);
    const [gone] = await joinPeers(opened, 1);
    if (gone === undefined) throw new Error('nobody came');
    queueAll(opened, [[gone.path, 'first']]);
    await until(() => gone.heard.length === 1);
    opened.port.pathReleased(gone.path);
    const peers = await joinPeers(opened, 1);

    queueAll(
      opened,
      peers.map(({ path }) => [path, 'second'] as const),
    );
    await until(() => peers.every(({ heard }) => heard.length === 1));
    close(opened, [gone, ...peers]);

    expect([gone.heard, peers[0]?.heard]).toEqual([['first'], ['second']]);
  });

  test('no other process can take the port, even if both allow it', async () => {
    const opened = await openPort(1, systemCalls);
    const thief = createSocket({ type: 'udp4', reuseAddr: true });
    const refused = once(thief, 'error');
    thief.bind(opened.port.port, LOOPBACK);

    const [error] = await refused;
    thief.close();
    opened.port.close();

    expect(error).toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('what the system is asked', () => {
  // There is a test above that says where they are to be.
  if (calls === undefined) return;

  test.each([LOOPBACK, '::1'])('is to take as many datagrams as there are, in as few calls as may be, from %s', async (address) => {
    const asked: Asked[] = [];
    const opened = await openPort(2, watched(asked), address);
    const peers = await joinPeers(opened, 3, address);
    for (const { path } of peers) opened.port.pathSelected(path);

    queueAll(opened, everyText(peers, 50));
    await until(() => peers.every(({ heard }) => heard.length === 50));
    close(opened, peers);

    expect(asked).toEqual([
      [64, 64],
      [64, 64],
      [22, 22],
    ]);
  });

  test.each([LOOPBACK, '::1'])('is to divide what is of one length and goes to one peer, from %s', async (address) => {
    const asked: Asked[] = [];
    const opened = await openPort(2, watched(asked), address);
    const peers = await joinPeers(opened, 2, address);
    const texts = [...Array.from({ length: 30 }, (_, number) => `${number + 10} ${'x'.repeat(1_200)}`), 'the last is shorter'];

    queueAll(
      opened,
      peers.flatMap(({ path }) => texts.map((text) => [path, text] as const)),
    );
    await until(() => peers.every(({ heard }) => heard.length === texts.length));
    close(opened, peers);

    for (const { heard } of peers) expect(heard).toEqual(texts);
    expect(asked).toEqual([[2, 2]]);
  });

  test('is to take what comes behind a datagram that cannot be sent', async () => {
    const asked: Asked[] = [];
    const opened = await openPort(2, watched(asked));
    const peers = await joinPeers(opened, 1);
    const [peer] = peers;
    if (peer === undefined) throw new Error('nobody came');

    for (let index = 0; index < 10; index++) opened.port.queue(peer.path, MEMORY, 0, index === 6 ? 66_000 : 5, SendKind.Video);
    opened.port.sendQueued();
    await until(() => peer.heard.length === 9);
    close(opened, peers);

    // Those before and those behind it are of one length, and so one train each.
    expect(asked).toEqual([
      [3, 1],
      [2, -1],
      [1, 1],
    ]);
    expect(opened.port.sendCounters.refused).toMatchObject({ too_long: 1, other: 0 });
    expect(opened.drops).toEqual(['send-refused']);
  });

  test.each([0, 1, 7, 64, 65])(
    'after %i have filled its buffer what follows waits in copies: nothing is lost, changed or out of order',
    async (room) => {
      const asked: Asked[] = [];
      const opened = await openPort(2, watched(asked, room));
      const peers = await joinPeers(opened, 3);
      for (const { path } of peers) opened.port.pathSelected(path);

      queueAll(opened, everyText(peers, 30));
      await until(() => peers.every(({ heard }) => heard.length === 30));
      close(opened, peers);

      for (const { heard } of peers) expect(heard).toEqual(textsOf(30));
      expect(asked.filter(([, taken]) => taken === -1)).toHaveLength(1);
    },
  );

  test('answers to strangers do not wait for a full socket, what goes to sessions does', async () => {
    const opened = await openPort(0, watched([], 0));
    const [peer] = await joinPeers(opened, 1);
    if (peer === undefined) throw new Error('nobody came');
    const stranger = await openPeer();
    const told: string[] = [];
    stranger.on('message', (datagram) => told.push(String(datagram)));
    const path = new SocketPath((peer.path as SocketPath).shared, LOOPBACK, stranger.address().port);

    // More than fit into one call, so that the socket is found full before the flush has ended.
    for (let count = 0; count < 65; count++) opened.port.queue(peer.path, MEMORY, 0, 1, SendKind.Audio);
    opened.port.send(path, Buffer.from('late'));
    opened.port.send(peer.path, Buffer.from('check'));
    opened.port.sendQueued();
    await until(() => peer.heard.length === 66);
    opened.port.send(path, Buffer.from('in time'));
    await until(() => told.length > 0);
    close(opened, [peer]);
    stranger.close();

    expect(told).toEqual(['in time']);
    expect(opened.port.sendCounters.dropped).toEqual({ video: 0, data: 0, audio: 0, rtcp: 0, control: 1 });
  });
});

test('a packet that is queued once the port is closed goes nowhere, and nothing is thrown', async () => {
  const opened = await openPort(1, calls);
  const peers = await joinPeers(opened, 1);
  queueAll(
    opened,
    peers.map(({ path }) => [path, 'before'] as const),
  );
  close(opened, peers);

  for (const { path } of peers) {
    for (let count = 0; count < 65; count++) opened.port.queue(path, MEMORY, 0, 1, SendKind.Video);
    opened.port.send(path, Buffer.from('after'));
  }
  opened.port.sendQueued();

  expect(opened.port.sendCounters.refused.no_socket).toBeGreaterThan(0);
});
