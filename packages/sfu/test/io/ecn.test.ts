/** The ECN field of the IP header (RFC 3168), as the system writes it for us and tells it to us. */
import type { Socket } from 'node:dgram';
import { type Path, type ProtectedBytes, SendKind, UNKNOWN_ECN } from '@causeway/media';
import { bindByFfi } from '@causeway/secure';
import { createLiteralSocket } from '../../src/io/literal-socket.ts';
import { loadSystemCalls } from '../../src/io/system-calls.ts';
import { LOOPBACK, type OpenedPort, openPeer, openPort, pathOf } from './support/open-port.ts';

const calls = loadSystemCalls();
const MEMORY = new Uint8Array(65_536) as ProtectedBytes;
const RTP = 0x80;
const OPTIONS: Readonly<Record<string, readonly [level: number, name: number]>> = { [LOOPBACK]: [0, 1], '::1': [41, 67] };
const [NOT_CAPABLE, OTHER_CAPABLE, CAPABLE, MARKED] = [0, 1, 2, 3];
const EXPEDITED = 0xb8;

/** Notes the field of each datagram of media, with its length. */
function listen(opened: OpenedPort): string[] {
  const came: string[] = [];
  opened.onDatagram = (path, datagram) => {
    if (datagram[0] === RTP) came.push(`${datagram.length} ${path.ecn}`);
  };
  return came;
}

/** Opens a socket whose every datagram has this type of service, whose last two bits are the field. */
function openMarkingPeer(address: string, service: number): Socket {
  const fd = calls?.openSharedSocket(address, 0) ?? -1;
  const [level, name] = OPTIONS[address] ?? [];
  const failed = bindByFfi((ffi) => {
    const { functions } = ffi.dlopen(null, { setsockopt: { return: 'i32', arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'] } });
    return functions.setsockopt(fd, level ?? 0, name ?? 0, new Uint8Array(Int32Array.of(service).buffer), 4);
  });
  if (failed !== 0) throw new Error('the system sets no type of service');
  // Its sends take effect before they return.
  const socket = createLiteralSocket(address, { reusePort: false });
  socket.bind({ fd, exclusive: true });
  return socket;
}

describe.each([LOOPBACK, '::1'])('on %s', (address) => {
  // `many-datagrams.test.ts` says where they are to be.
  if (calls === undefined) return;

  test('sound and pictures leave as ECN-capable where the path allows it, alone and in trains, and nothing else does', async () => {
    const [sender, receiver] = [await openPort(0, calls, address), await openPort(0, calls, address)];
    // A path to the receiver is one that the sender has heard from.
    const paths: Path[] = [];
    sender.onDatagram = (path) => paths.push(path);
    const back = receiver.port.openPath(address, sender.port.port);
    while (back !== undefined && paths.length === 0) {
      receiver.port.send(back, Uint8Array.of(RTP));
      await new Promise(setImmediate);
    }
    const [path] = paths;
    if (path === undefined) throw new Error('nothing was heard');
    const came = listen(receiver);
    MEMORY[0] = RTP;
    MEMORY[1] = 96;
    const send = (...datagrams: readonly (readonly [SendKind, number])[]) => {
      for (const [kind, length] of datagrams) sender.port.queue(path, MEMORY, 0, length, kind);
      sender.port.sendQueued();
      // No turn of the event loop comes between: libuv reads none of them.
      receiver.port.receiver?.receive();
      return came.splice(0);
    };

    const before = send([SendKind.Video, 50], [SendKind.Audio, 60]);
    path.isEcnCapable = true;
    const capable = send([SendKind.Video, 50], [SendKind.Audio, 60], [SendKind.Data, 70], [SendKind.Rtcp, 80], [SendKind.Control, 90]);
    const trains = send([SendKind.Video, 99], [SendKind.Video, 99], [SendKind.Video, 30], [SendKind.Data, 30], [SendKind.Data, 30]);
    for (const { port } of [sender, receiver]) port.close();

    expect(before).toEqual([`50 ${NOT_CAPABLE}`, `60 ${NOT_CAPABLE}`]);
    expect(capable).toEqual([`50 ${CAPABLE}`, `60 ${CAPABLE}`, `70 ${NOT_CAPABLE}`, `80 ${NOT_CAPABLE}`, `90 ${NOT_CAPABLE}`]);
    expect(trains).toEqual([`99 ${CAPABLE}`, `99 ${CAPABLE}`, `30 ${CAPABLE}`, `30 ${NOT_CAPABLE}`, `30 ${NOT_CAPABLE}`]);
    expect([sender.drops, receiver.drops]).toEqual([[], []]);
  });

  test.each([
    [NOT_CAPABLE, NOT_CAPABLE],
    [OTHER_CAPABLE, OTHER_CAPABLE],
    [CAPABLE, CAPABLE],
    [MARKED, MARKED],
    [EXPEDITED + MARKED, MARKED],
  ])('a datagram with the type of service %i has the field %i', async (service, field) => {
    const receiver = await openPort(0, calls, address);
    const peer = openMarkingPeer(address, service);
    const path = await pathOf(peer, receiver);
    receiver.port.receiver?.receive();
    const came = listen(receiver);

    for (let number = 0; number < 3; number++) peer.send(Uint8Array.of(RTP, 96), receiver.port.port, address);
    receiver.port.receiver?.receive();
    receiver.port.close();
    peer.close();

    expect(came).toEqual(new Array(3).fill(`2 ${field}`));
    expect(path.ecn).toBe(UNKNOWN_ECN);
  });

  test('the field of a datagram that is read by itself is not known', async () => {
    const receiver = await openPort(0, undefined, address);
    const peer = await openPeer(address);
    await pathOf(peer, receiver);
    const came = listen(receiver);

    peer.send(Uint8Array.of(RTP, 96), receiver.port.port, address);
    while (came.length === 0) await new Promise(setImmediate);
    receiver.port.close();
    peer.close();

    expect(came).toEqual([`2 ${UNKNOWN_ECN}`]);
  });
});
