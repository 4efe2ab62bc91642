/** Datagrams of one length to one peer, which the system takes as one and divides. */
import { constants } from 'node:os';
import { type ProtectedBytes, SendKind } from '@causeway/media';
import { AddressSlots, DatagramBatch } from '../../src/io/datagram-batch.ts';
import { type LocalSocket, SocketPath } from '../../src/io/socket-path.ts';
import type { SystemCalls } from '../../src/io/system-calls.ts';

const { EAGAIN, EINVAL, EIO, EMSGSIZE, EPERM } = constants.errno;
const SHARED = { address: '127.0.0.1' } as LocalSocket;
const FD = 3;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const IPPROTO_IP = 0;
const IP_TOS = 1;
const IPPROTO_IPV6 = 41;
const IPV6_TCLASS = 67;
const ECT0 = 2;

/**
 * What one header asks for: the port it goes to, the lengths of its pieces, the length that they are divided by, and the ECN field if there is
 * to be one.
 */
interface Sent {
  readonly port: number;
  readonly lengths: readonly number[];
  readonly dividedBy: number | undefined;
  readonly ecn?: number;
}

/** Memory by address, as the system reads it. */
class Memory {
  readonly #blocks: { readonly at: number; readonly bytes: Uint8Array }[] = [];

  addressOf(bytes: Uint8Array): number {
    const known = this.#blocks.find((block) => block.bytes.buffer === bytes.buffer);
    if (known !== undefined) return known.at;
    const at = (this.#blocks.length + 1) * 2 ** 33;
    this.#blocks.push({ at, bytes });
    return at;
  }

  view(at: number): DataView {
    const block = this.#blocks.findLast((candidate) => candidate.at <= at);
    if (block === undefined) throw new Error(`there is nothing at ${at}`);
    return new DataView(block.bytes.buffer, at - block.at);
  }

  pointer(at: number, offset: number): number {
    return Number(this.view(at).getBigUint64(offset, true));
  }
}

/** @param refuses returns an error number for what the system does not take */
function createBatch(refuses: (sent: Sent) => number | undefined = () => undefined, dividesTrains = true, address = '192.0.2.9') {
  const memory = new Memory();
  const addresses = new AddressSlots();
  const taken: Sent[] = [];
  const outcome = { taken, full: [] as number[], refused: [] as string[] };
  let errno = 0;
  const calls: SystemCalls = {
    openSharedSocket: () => undefined,
    close: () => undefined,
    forbidAddressReuse: () => undefined,
    dividesTrains: () => dividesTrains,
    sendMany(_fd, headersAt, count) {
      for (let done = 0; done < count; done++) {
        const sent = readHeader(memory, Number(headersAt) + done * 64);
        errno = refuses(sent) ?? 0;
        if (errno !== 0) return done === 0 ? -1 : done;
        taken.push(sent);
      }
      return count;
    },
    lastError: () => errno,
    overflowsOf: () => 0,
    sleep: () => undefined,
    receiveMany: () => -1,
    poll: () => 0,
    eventLoop: undefined,
    addressOf: (bytes) => memory.addressOf(bytes),
  };
  const batch = new DatagramBatch(calls, { fd: FD, address }, addresses, {
    onFull: (_path, _memory, _offset, length) => outcome.full.push(length),
    onRefused: (refusal, _path, _memory, _offset, length) => outcome.refused.push(`${length} ${refusal}`),
  });
  const bytes = new Uint8Array(1 << 20) as ProtectedBytes;
  const pathTo = (port: number): SocketPath => {
    const path = new SocketPath(SHARED, '192.0.2.1', port);
    path.addressSlot = addresses.take(path.remoteAddress, port);
    return path;
  };
  const send = (...datagrams: readonly (readonly [SocketPath, number, SendKind?])[]): void => {
    taken.length = 0;
    let offset = 0;
    for (const [path, length, kind = SendKind.Data] of datagrams) {
      batch.add(path, bytes, offset, length, kind);
      offset += length;
    }
    batch.send();
  };
  return { outcome, pathTo, send };
}

function readHeader(memory: Memory, at: number): Sent {
  const header = memory.view(at);
  const pieces = Number(header.getBigUint64(24, true));
  const piecesAt = memory.pointer(at, 16);
  const controlBytes = Number(header.getBigUint64(40, true));
  const controls = controlBytes === 0 ? {} : readControls(memory.view(memory.pointer(at, 32)), controlBytes);
  return {
    port: memory.view(memory.pointer(at, 0)).getUint16(2),
    lengths: Array.from({ length: pieces }, (_, piece) => Number(memory.view(piecesAt + piece * 16).getBigUint64(8, true))),
    dividedBy: undefined,
    ...controls,
  };
}

function readControls(control: DataView, controlBytes: number): Partial<Sent> {
  const found: { dividedBy?: number; ecn?: number } = {};
  // CMSG_SPACE of an `uint16_t` and of an `int`.
  for (let at = 0; at < controlBytes; at += 24) {
    const length = Number(control.getBigUint64(at, true));
    const [level, type] = [control.getInt32(at + 8, true), control.getInt32(at + 12, true)];
    if (level === SOL_UDP && type === UDP_SEGMENT && length === 18) found.dividedBy = control.getUint16(at + 16, true);
    else if (level === IPPROTO_IP && type === IP_TOS && length === 20) found.ecn = control.getInt32(at + 16, true);
    else if (level === IPPROTO_IPV6 && type === IPV6_TCLASS && length === 20) found.ecn = 100 + control.getInt32(at + 16, true);
    else throw new Error(`there is no such message: ${level}, ${type}, ${length} bytes`);
  }
  return found;
}

function single(port: number, length: number): Sent {
  return { port, lengths: [length], dividedBy: undefined };
}

test('neighbours of one length to one peer are a train, and a shorter one ends it', () => {
  const { outcome, pathTo, send } = createBatch();
  const [one, other] = [pathTo(1), pathTo(2)];

  send([one, 100], [one, 100], [one, 40], [one, 40], [one, 100], [other, 100], [other, 100], [one, 100], [one, 101]);

  expect(outcome.taken).toEqual([
    { port: 1, lengths: [100, 100, 40], dividedBy: 100 },
    single(1, 40),
    single(1, 100),
    { port: 2, lengths: [100, 100], dividedBy: 100 },
    single(1, 100),
    single(1, 101),
  ]);
});

test('a header is whole again in the next batch', () => {
  const { outcome, pathTo, send } = createBatch();
  const path = pathTo(1);
  send([path, 100], [path, 100]);

  send([path, 100]);

  expect(outcome.taken).toEqual([single(1, 100)]);
});

test('a train fits into one IP packet', () => {
  const { outcome, pathTo, send } = createBatch();
  const path = pathTo(1);

  send(...Array.from({ length: 50 }, () => [path, 1_400] as const));

  expect(outcome.taken.map(({ lengths }) => lengths.length)).toEqual([42, 8]);
});

test.each([EINVAL, EMSGSIZE])('where datagrams are longer than the MTU of a path, they go one by one from then on (%i)', (errno) => {
  const isNarrow = ({ port, dividedBy }: Sent): boolean => port === 1 && dividedBy !== undefined;
  const { outcome, pathTo, send } = createBatch((sent) => (isNarrow(sent) ? errno : undefined));
  const [narrow, wide] = [pathTo(1), pathTo(2)];
  send([wide, 100], [wide, 100], [narrow, 100], [narrow, 100], [wide, 100], [wide, 100]);
  const first = [...outcome.taken];

  send([narrow, 100], [narrow, 100], [wide, 100], [wide, 100]);

  const train = { port: 2, lengths: [100, 100], dividedBy: 100 };
  expect(first).toEqual([train, single(1, 100), single(1, 100), single(2, 100), single(2, 100)]);
  expect(outcome.taken).toEqual([single(1, 100), single(1, 100), train]);
  expect([outcome.refused, outcome.full]).toEqual([[], []]);
});

test('a socket whose system cannot divide sends one by one from then on', () => {
  let trains = 0;
  const { outcome, pathTo, send } = createBatch(({ dividedBy }) => {
    if (dividedBy === undefined) return undefined;
    trains++;
    return EIO;
  });
  const [one, other] = [pathTo(1), pathTo(2)];
  send([one, 100], [one, 100]);

  send([other, 100], [other, 100]);

  expect(outcome.taken).toEqual([single(2, 100), single(2, 100)]);
  expect(trains).toBe(1);
});

test('of a train that a firewall refuses, each datagram is judged by itself, and the next train is tried again', () => {
  const { outcome, pathTo, send } = createBatch(({ lengths, dividedBy }) =>
    dividedBy !== undefined || lengths[0] === 60 ? EPERM : undefined,
  );
  const path = pathTo(1);

  send([path, 100], [path, 100], [path, 60]);

  expect(outcome.taken).toEqual([single(1, 100), single(1, 100)]);
  expect(outcome.refused).toEqual(['60 forbidden']);
  expect(path.refusesTrains).toBe(false);
});

test('a train for which there is no room is left whole, and what follows as well', () => {
  const { outcome, pathTo, send } = createBatch(({ port }) => (port === 2 ? EAGAIN : undefined));
  const [one, other] = [pathTo(1), pathTo(2)];

  send([one, 100], [other, 90], [other, 90], [other, 80], [one, 70]);

  expect(outcome.taken).toEqual([single(1, 100)]);
  expect(outcome.full).toEqual([90, 90, 80, 70]);
});

test('a system that does not know trains is given none', () => {
  const { outcome, pathTo, send } = createBatch(undefined, false);
  const path = pathTo(1);

  send([path, 100], [path, 100]);

  expect(outcome.taken).toEqual([single(1, 100), single(1, 100)]);
});

test('sound and pictures on a path that is ECN-capable say so, and nothing else does', () => {
  const { outcome, pathTo, send } = createBatch();
  const [one, other] = [pathTo(1), pathTo(2)];
  one.isEcnCapable = true;

  send([one, 100, SendKind.Video], [one, 100, SendKind.Audio], [one, 100, SendKind.Rtcp], [one, 90, SendKind.Video]);
  const first = [...outcome.taken];
  send([other, 100, SendKind.Video], [other, 100, SendKind.Video], [one, 70, SendKind.Data], [one, 80, SendKind.Control]);

  expect(first).toEqual([{ port: 1, lengths: [100, 100], dividedBy: 100, ecn: ECT0 }, single(1, 100), { ...single(1, 90), ecn: ECT0 }]);
  expect(outcome.taken).toEqual([{ port: 2, lengths: [100, 100], dividedBy: 100 }, single(1, 70), single(1, 80)]);
});

test('IPv6 has the field elsewhere', () => {
  const { outcome, pathTo, send } = createBatch(undefined, true, '2001:db8::9');
  const path = pathTo(1);
  path.isEcnCapable = true;

  send([path, 100, SendKind.Video]);

  expect(outcome.taken).toEqual([{ ...single(1, 100), ecn: 100 + ECT0 }]);
});

test('where the system refuses to write the field, the datagrams leave without it', () => {
  const { outcome, pathTo, send } = createBatch(({ port, ecn }) => (port === 1 && ecn !== undefined ? EINVAL : undefined));
  const [refused, other] = [pathTo(1), pathTo(2)];
  for (const path of [refused, other]) path.isEcnCapable = true;

  send([refused, 100, SendKind.Video], [refused, 100, SendKind.Video], [other, 100, SendKind.Video], [refused, 90, SendKind.Video]);

  expect(outcome.taken).toEqual([single(1, 100), single(1, 100), { ...single(2, 100), ecn: ECT0 }, single(1, 90)]);
  expect(outcome.refused).toEqual([]);
});
