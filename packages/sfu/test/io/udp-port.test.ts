import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Path } from '@causeway/media';
import { canConnectPaths } from '../../src/io/connected-socket.ts';
import { SocketPath } from '../../src/io/socket-path.ts';
import { loadSystemCalls } from '../../src/io/system-calls.ts';
import { freeReceivedRtp, UdpPort } from '../../src/io/udp-port.ts';
import { LOOPBACK, openPeer, openPort, pathOf } from './support/open-port.ts';

test('selected paths get sockets of their own until there are as many as there may be; the others are served all the same', async () => {
  const opened = await openPort(1);
  const peers = [await openPeer(), await openPeer()] as const;
  const paths = [await pathOf(peers[0], opened), await pathOf(peers[1], opened)] as const;
  for (const path of paths) opened.port.pathSelected(path);
  const full = opened.port.counts;

  const heard = peers.map((peer) => once(peer, 'message'));
  for (const path of paths) opened.port.send(path, Buffer.from('media'));
  const messages = await Promise.all(heard);
  for (const path of paths) opened.port.pathReleased(path);
  const released = opened.port.counts;
  opened.port.close();
  for (const peer of peers) peer.close();

  expect(full).toMatchObject({ paths: 2, connectedSockets: canConnectPaths() ? 1 : 0, addressSlots: 0 });
  for (const [datagram, from] of messages) expect([String(datagram), from.port]).toEqual(['media', opened.port.port]);
  expect(released).toEqual({ paths: 0, connectedSockets: 0, addressSlots: 0, queuedDatagrams: 0, queuedBytes: 0 });
});

test('closing releases the sockets of all paths', async () => {
  const opened = await openPort(10);
  const peer = await openPeer();
  opened.port.pathSelected(await pathOf(peer, opened));

  opened.port.close();
  peer.close();

  expect(opened.port.counts.connectedSockets).toBe(0);
});

test('a port that is taken is refused with address and port, and no descriptor stays open', async () => {
  const first = await openPort(0);
  const descriptors = (): number => (canConnectPaths() ? readdirSync('/proc/self/fd').length : 0);
  const before = descriptors();

  for (let attempt = 0; attempt < 5; attempt++) {
    const second = new UdpPort({
      addresses: [LOOPBACK],
      port: first.port.port,
      connectPaths: true,
      maxConnectedSockets: 0,
      systemCalls: loadSystemCalls(),
      onDatagram: () => undefined,
      onDrop: () => undefined,
      onUplinkFree: () => undefined,
    });
    await expect(second.open()).rejects.toThrow(`bind EADDRINUSE ${LOOPBACK}:${first.port.port}`);
  }
  await new Promise(setImmediate);
  const after = descriptors();
  first.port.close();

  expect(after).toBe(before);
});

/** Sends from a thread of its own, without a pause: nothing in this thread can come between its datagrams. */
const FLOODER = `
const { workerData, parentPort } = require('node:worker_threads');
const socket = require('node:dgram').createSocket('udp4');
const flood = () => { for (let i = 0; i < 100; i++) socket.send('flood', workerData.port, '127.0.0.1'); setImmediate(flood); };
socket.bind(0, '127.0.0.1', () => { parentPort.postMessage(socket.address().port); flood(); });
`;

test('a datagram that arrives on a socket while it is being connected is not attributed to its peer', async () => {
  const opened = await openPort(1_000);
  const peers = await Promise.all(Array.from({ length: 200 }, () => openPeer()));
  const paths: Path[] = [];
  for (const peer of peers) paths.push(await pathOf(peer, opened));
  const mistaken: number[] = [];
  opened.onDatagram = (path, datagram) => {
    if (String(datagram) === 'flood' && path.remotePort !== floodPort) mistaken.push(path.remotePort);
  };
  const flooder = new Worker(FLOODER, { eval: true, workerData: { port: opened.port.port } });
  const [floodPort] = (await once(flooder, 'message')) as [number];

  for (const path of paths) {
    opened.port.pathSelected(path);
    await new Promise(setImmediate);
  }
  await flooder.terminate();
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  opened.port.close();
  for (const peer of peers) peer.close();

  expect(mistaken).toEqual([]);
});

test('a link to another node gets a socket of its own, even where clients have taken all there are', async () => {
  const opened = await openPort(0);
  const peer = await openPeer();
  const path = await pathOf(peer, opened);
  path.transport = { isLink: true } as NonNullable<Path['transport']>;

  opened.port.pathSelected(path);

  expect(opened.port.counts.connectedSockets).toBe(canConnectPaths() ? 1 : 0);
  opened.port.close();
  peer.close();
});

describe('a path that is opened towards an address', () => {
  test('is the one on which its answers come, and is sent on from the port itself', async () => {
    const opened = await openPort(0);
    const peer = await openPeer();
    const path = opened.port.openPath(LOOPBACK, peer.address().port);
    const asked = once(peer, 'message');
    const answered = new Promise<Path>((resolve) => {
      opened.onDatagram = resolve;
    });

    if (path !== undefined) opened.port.send(path, Buffer.from('question'));
    const [, from] = await asked;
    peer.send('answer', from.port, LOOPBACK);

    expect(from.port).toBe(opened.port.port);
    expect(await answered).toBe(path);
    expect(opened.port.openPath(LOOPBACK, peer.address().port)).toBe(path);
    if (path !== undefined) opened.port.pathReleased(path);
    expect(opened.port.counts.paths).toBe(0);
    opened.port.close();
    peer.close();
  });

  test('is known by the text that sockets use, however the address was written', async () => {
    const port = new UdpPort({
      addresses: ['::1'],
      port: 0,
      connectPaths: false,
      maxConnectedSockets: 0,
      onDatagram: () => undefined,
      onDrop: () => undefined,
      onUplinkFree: () => undefined,
    });
    await port.open();

    const path = port.openPath('0:0:0:0:0:0:0:1', 9);

    expect(path?.remoteAddress).toBe('::1');
    port.close();
  });

  test('needs an address that can be reached from one of ours', async () => {
    const { port } = await openPort(0);

    expect(port.openPath('2001:db8::1', 9)).toBeUndefined();
    expect(port.openPath('198.51.100.1', 9)).toBeUndefined();
    expect(port.openPath('node-7.example', 9)).toBeUndefined();
    expect(port.counts.paths).toBe(0);
    port.close();
  });
});

describe('a datagram from where nothing can be sent to', () => {
  test.each([
    [LOOPBACK, 0],
    ['0.0.0.0', 9],
    ['224.0.0.1', 9],
    ['255.255.255.255', 9],
  ])('%s port %i is dropped on receipt, and counted', async (address, port) => {
    const opened = await openPort(0);
    const seen: Path[] = [];
    opened.onDatagram = (path) => seen.push(path);

    opened.port.receivePassedOn({ localAddress: LOOPBACK, address, port }, Buffer.from('hello'));
    const opensPath = opened.port.openPath(address, port) !== undefined;
    opened.port.close();

    expect([seen, opened.drops, opensPath]).toEqual([[], ['unsendable-address'], false]);
  });
});

describe('a path that cannot have a socket of its own', () => {
  test.each([
    ['because its port is none', LOOPBACK, 0],
    ['because the system forbids its address', '255.255.255.255', 9],
  ])('%s is served by the shared one, and what cannot be sent there costs only itself', async (_why, address, remotePort) => {
    const opened = await openPort(10, loadSystemCalls());
    const peer = await openPeer();
    const path = await pathOf(peer, opened);
    const hopeless = new SocketPath((path as SocketPath).shared, address, remotePort);
    const heard = once(peer, 'message');

    opened.port.pathSelected(hopeless);
    await new Promise(setImmediate);
    opened.port.send(hopeless, Buffer.from('lost'));
    opened.port.send(path, Buffer.from('kept'));
    const [datagram] = await heard;
    const { connectedSockets } = opened.port.counts;
    opened.port.close();
    peer.close();

    expect([String(datagram), connectedSockets, opened.drops]).toEqual(['kept', 0, ['send-refused']]);
  });
});

/** An RTP header of version 2 without a payload. */
function rtpPacket(): Buffer {
  const packet = Buffer.from(new ArrayBuffer(12));
  packet[0] = 0x80;
  packet[1] = 96;
  return packet;
}

test('an RTP packet is empty afterwards, anything else as it was', () => {
  const [rtp, rtcp, stun] = [rtpPacket(), rtpPacket(), rtpPacket()] as const;
  rtcp[1] = 200;
  stun[0] = 0;

  for (const datagram of [rtp, rtcp, stun]) freeReceivedRtp(datagram);

  expect([rtp.length, rtcp.length, stun.length]).toEqual([0, 12, 12]);
});

test('memory that is not the packet alone is left to others', () => {
  const memory = Buffer.concat([rtpPacket(), rtpPacket()]);
  const packet = memory.subarray(0, 12);

  freeReceivedRtp(packet);

  expect([packet.length, memory.length]).toEqual([12, 24]);
});

test("what a socket receives is the handler's until it returns; RTP is empty then", async () => {
  const opened = await openPort(0);
  const peer = await openPeer();
  const taken: { readonly datagram: Uint8Array; readonly length: number }[] = [];
  await pathOf(peer, opened);
  const bothTaken = new Promise<void>((resolve) => {
    opened.onDatagram = (_path, datagram) => {
      if (String(datagram) === 'hello') return;
      taken.push({ datagram, length: datagram.length });
      if (taken.length === 2) resolve();
    };
  });

  peer.send(rtpPacket(), opened.port.port, LOOPBACK);
  peer.send(Buffer.from('other'), opened.port.port, LOOPBACK);
  await bothTaken;
  await new Promise(setImmediate);
  peer.close();
  opened.port.close();

  expect(taken.map(({ length }) => length)).toEqual([12, 5]);
  expect(taken.map(({ datagram }) => datagram.length)).toEqual([0, 5]);
});
