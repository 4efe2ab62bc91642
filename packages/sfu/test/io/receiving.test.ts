/** What comes in, read with one system call for many datagrams and without. */
import type { Socket } from 'node:dgram';
import type { Path } from '@causeway/media';
import { bindSocket, createLiteralSocket } from '../../src/io/literal-socket.ts';
import { loadSystemCalls, type SystemCalls } from '../../src/io/system-calls.ts';
import { LOOPBACK, type OpenedPort, openPeer, openPort, pathOf } from './support/open-port.ts';

const calls = loadSystemCalls();
/** More than one call brings. */
const MANY = 150;
const RTP = 0x80;

interface Came {
  readonly path: Path;
  readonly text: string;
  readonly datagram: Uint8Array;
}

/** Notes what comes, but for the greetings of `pathOf`. */
function listen(opened: OpenedPort): Came[] {
  const came: Came[] = [];
  opened.onDatagram = (path, datagram) => {
    const text = Buffer.from(datagram).toString('latin1');
    if (text !== 'hello') came.push({ path, text, datagram });
  };
  return came;
}

function send(peer: Socket, opened: OpenedPort, datagram: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) =>
    peer.send(datagram, opened.port.port, peer.address().address, (error) => (error ? reject(error) : resolve())),
  );
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise(setImmediate);
}

describe.each([
  ['many with one system call', calls],
  ['each by itself', undefined],
])('%s', (_, systemCalls) => {
  test.each([LOOPBACK, '::1'])('datagrams to %s are on the paths of their senders, in order', async (address) => {
    const opened = await openPort(2, systemCalls, address);
    const peers = [await openPeer(address), await openPeer(address), await openPeer(address)];
    const paths: Path[] = [];
    for (const peer of peers) paths.push(await pathOf(peer, opened));
    for (const path of paths) opened.port.pathSelected(path);
    const came = listen(opened);

    for (let number = 0; number < MANY; number++) for (const peer of peers) await send(peer, opened, String(number));
    await until(() => came.length === MANY * peers.length);
    opened.port.close();
    for (const peer of peers) peer.close();

    const numbers = Array.from({ length: MANY }, (_, number) => String(number));
    for (const path of paths) expect(came.filter((one) => one.path === path).map(({ text }) => text)).toEqual(numbers);
  });

  test.each([0, 1, 2_111, 2_112, 2_113, 9_000, 60_000])('a datagram of %i bytes comes whole', async (length) => {
    const opened = await openPort(0, systemCalls);
    const peer = await openPeer();
    await pathOf(peer, opened);
    const came = listen(opened);
    const bytes = Buffer.from(Array.from({ length }, (_, index) => index % 251));

    // The next one must not be lost, nor grow, with it.
    for (const datagram of [Buffer.from('before'), bytes, Buffer.from('behind')]) await send(peer, opened, datagram);
    await until(() => came.length === 3);
    opened.port.close();
    peer.close();

    expect(came.map(({ text }) => text)).toEqual(['before', bytes.toString('latin1'), 'behind']);
  });

  test('the receiver may keep a datagram that is not media', async () => {
    const opened = await openPort(0, systemCalls);
    const peer = await openPeer();
    await pathOf(peer, opened);
    const came = listen(opened);

    for (let number = 0; number < MANY; number++) await send(peer, opened, `${number} of many`);
    await until(() => came.length === MANY);
    opened.port.close();
    peer.close();

    for (const { text, datagram } of came) expect(Buffer.from(datagram).toString('latin1')).toBe(text);
  });

  test('strangers are identified by the text of their address, and leave no trace', async () => {
    const opened = await openPort(0, systemCalls, '::1');
    const [peer, stranger] = [await openPeer('::1'), await openPeer('::1')];
    await pathOf(peer, opened);
    const came = listen(opened);

    await send(stranger, opened, 'who is there');
    await until(() => came.length === 1);
    const [first] = came;
    if (first !== undefined) opened.port.pathReleased(first.path);
    const { paths } = opened.port.counts;
    opened.port.close();
    for (const socket of [peer, stranger]) socket.close();

    expect(first?.path).toMatchObject({ remoteAddress: '::1', remotePort: expect.any(Number) });
    expect(paths).toBe(1);
  });

  test('nothing comes any more once a datagram has had the port closed', async () => {
    const opened = await openPort(0, systemCalls);
    const peer = await openPeer();
    await pathOf(peer, opened);
    let taken = 0;
    opened.onDatagram = () => {
      taken++;
      opened.port.close();
    };

    for (let number = 0; number < 10; number++) await send(peer, opened, 'last');
    await until(() => taken > 0);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    peer.close();

    expect(taken).toBe(1);
  });
});

describe('with one system call for many datagrams', () => {
  // `many-datagrams.test.ts` says where they are to be.
  if (calls === undefined) return;

  test('clients need no socket of their own', async () => {
    const opened = await openPort(10, calls);
    const peer = await openPeer();

    opened.port.pathSelected(await pathOf(peer, opened));
    const { connectedSockets } = opened.port.counts;
    opened.port.close();
    peer.close();

    expect(connectedSockets).toBe(0);
  });

  test('all that waits comes with as few calls as may be, and media without a copy', async () => {
    const asked: number[] = [];
    const watched: SystemCalls = {
      ...calls,
      receiveMany(fd, headersAt, count) {
        const taken = calls.receiveMany(fd, headersAt, count);
        asked.push(taken);
        return taken;
      },
    };
    const opened = await openPort(0, watched);
    // Its sends take effect before they return.
    const peer = createLiteralSocket(LOOPBACK, { reusePort: false });
    await bindSocket(peer, LOOPBACK, 0);
    await pathOf(peer, opened);
    // What the peer has said in the meantime.
    opened.port.receiver?.receive();
    const came = listen(opened);
    asked.length = 0;

    // No turn of the event loop comes between: libuv reads none of them.
    for (let number = 0; number < MANY; number++) peer.send(Uint8Array.of(RTP, 96, number), opened.port.port, LOOPBACK);
    const taken = opened.port.receiver?.receive();
    opened.port.close();
    peer.close();

    expect([taken, asked]).toEqual([MANY, [64, 64, MANY - 128]]);
    expect(came.map(({ text }) => text.charCodeAt(2))).toEqual(Array.from({ length: MANY }, (_, number) => number));
    expect(new Set(came.map(({ datagram }) => datagram.buffer)).size).toBe(1);
  });

  test('datagrams that a full buffer drops are counted', async () => {
    const opened = await openPort(0, calls);
    const peer = createLiteralSocket(LOOPBACK, { reusePort: false });
    await bindSocket(peer, LOOPBACK, 0);
    await pathOf(peer, opened);
    opened.port.receiver?.receive();
    const before = opened.port.receiver?.overflows ?? 0;
    const sent = 1_000;

    // 60 MB before anything is read: no system grants that much.
    for (let number = 0; number < sent; number++) peer.send(new Uint8Array(60_000), opened.port.port, LOOPBACK);
    const overflows = (opened.port.receiver?.overflows ?? 0) - before;
    let taken = 0;
    for (let last = -1; last !== 0; taken += last) last = opened.port.receiver?.receive() ?? 0;
    opened.port.close();
    peer.close();

    expect(overflows).toBeGreaterThan(0);
    expect(taken + overflows).toBe(sent);
  });
});
