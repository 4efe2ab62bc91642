import { constants } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type ProtectedBytes, SendKind } from '@causeway/media';
import { AddressSlots, DatagramBatch } from '../../src/io/datagram-batch.ts';
import { type LocalSocket, SocketPath } from '../../src/io/socket-path.ts';
import type { SystemCalls } from '../../src/io/system-calls.ts';

const { EAGAIN, EMSGSIZE, ENOBUFS, EPERM, ENETUNREACH } = constants.errno;
const MEMORY = new Uint8Array(100) as ProtectedBytes;
const ADDRESS = 0x7f00_0000_1000;
/** The size of 64 headers of 64 bytes, and 64 pieces of 16. */
const HEADERS_BYTES = 64 * (64 + 16);
/** Take everything and send it nowhere. */
const CALLS: SystemCalls = {
  openSharedSocket: () => undefined,
  close: () => undefined,
  forbidAddressReuse: () => undefined,
  dividesTrains: () => false,
  sendMany: (_fd, _headersAt, count) => count,
  lastError: () => 0,
  overflowsOf: () => 0,
  sleep: () => undefined,
  receiveMany: () => -1,
  poll: () => 0,
  eventLoop: undefined,
  addressOf: () => ADDRESS,
};
const SHARED = { address: '127.0.0.1' } as LocalSocket;
const SOCKET = { fd: 3, address: SHARED.address };

/**
 * A system that refuses the datagrams of the given numbers, and from one number on has no room:
 * what it took, and what was said of the others.
 */
function createBatch(refusals: Readonly<Record<number, number>>, full?: { readonly from: number; readonly errno: number }) {
  const addresses = new AddressSlots();
  const outcome = { taken: [] as number[], calls: 0, full: [] as string[], refused: [] as string[] };
  let errno = 0;
  let headers = new Uint8Array(0);
  const calls: SystemCalls = {
    ...CALLS,
    addressOf(bytes) {
      if (bytes.length === HEADERS_BYTES) headers = bytes as Uint8Array<ArrayBuffer>;
      return ADDRESS;
    },
    sendMany(_fd, headersAt, count) {
      outcome.calls++;
      for (let done = 0; done < count; done++) {
        // The test puts the number of each datagram where the length of its piece of memory is.
        const number = lengthAt(headers, (Number(headersAt) - ADDRESS) / 64 + done);
        const refusal = full !== undefined && number >= full.from ? full.errno : refusals[number];
        if (refusal === undefined) {
          outcome.taken.push(number);
          continue;
        }
        errno = refusal;
        return done === 0 ? -1 : done;
      }
      return count;
    },
    lastError: () => errno,
  };
  const batch = new DatagramBatch(calls, SOCKET, addresses, {
    onFull: (_path, _memory, offset, length, kind) => outcome.full.push(`${length} at ${offset} ${kind}`),
    onRefused: (refusal) => outcome.refused.push(refusal),
  });
  const add = (number: number): void => {
    const path = new SocketPath(SHARED, '192.0.2.1', 1_000 + number);
    path.addressSlot = addresses.take(path.remoteAddress, path.remotePort);
    batch.add(path, MEMORY, number, number, number % 2 === 0 ? SendKind.Video : SendKind.Audio);
  };
  return { batch, outcome, add };
}

/**
 * Length of the piece of memory that the header of a datagram points to: 64 pieces lie behind 64
 * headers.
 */
function lengthAt(headers: Uint8Array, index: number): number {
  const words = new Uint32Array(headers.buffer);
  return words[64 * 16 + index * 4 + 2] ?? -1;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

describe('a datagram that the system refuses', () => {
  test.each([
    ['at the beginning', { 1: EMSGSIZE }],
    ['in the middle', { 5: EPERM }],
    ['at the end', { 10: ENETUNREACH }],
    ['beside another', { 4: EMSGSIZE, 5: EPERM }],
    ['again and again', { 1: EPERM, 3: EPERM, 5: EPERM, 7: EPERM, 9: EPERM }],
  ])('%s does not affect the others', (_where, refusals) => {
    const { batch, outcome, add } = createBatch(refusals);
    for (const number of range(1, 10)) add(number);

    batch.send();

    expect(outcome.taken).toEqual(range(1, 10).filter((number) => !(number in refusals)));
    expect(outcome.refused).toHaveLength(Object.keys(refusals).length);
    expect(outcome.full).toEqual([]);
  });

  test('is counted by what the system says of it', () => {
    const { batch, outcome, add } = createBatch({ 1: EMSGSIZE, 2: EPERM, 3: ENETUNREACH, 4: constants.errno.ECONNREFUSED, 5: 77 });
    for (const number of range(1, 6)) add(number);

    batch.send();

    expect(outcome.refused).toEqual(['too_long', 'forbidden', 'unreachable', 'nobody_there', 'other']);
  });
});

test.each([EAGAIN, ENOBUFS])('from a full buffer on the rest is left in order, for one call more than what was taken (%i)', (errno) => {
  const { batch, outcome, add } = createBatch({}, { from: 8, errno });
  for (const number of range(1, 10)) add(number);

  batch.send();

  expect(outcome.taken).toEqual(range(1, 7));
  expect(outcome.full).toEqual([`8 at 8 ${SendKind.Video}`, `9 at 9 ${SendKind.Audio}`, `10 at 10 ${SendKind.Video}`]);
  expect(outcome.calls).toBe(2);
});

test('a full buffer behind a refused datagram is found all the same', () => {
  const { batch, outcome, add } = createBatch({ 2: EMSGSIZE }, { from: 4, errno: EAGAIN });
  for (const number of range(1, 64)) add(number);

  batch.send();

  expect([outcome.taken, outcome.refused, outcome.full.length]).toEqual([[1, 3], ['too_long'], 61]);
});

test('what was discarded is not sent with what follows', () => {
  const { batch, outcome, add } = createBatch({});
  add(1);
  batch.discard();
  add(2);

  batch.send();

  expect(outcome.taken).toEqual([2]);
});

test('after it is closed the system is asked nothing: the descriptor may be another one by then', () => {
  const { batch, outcome, add } = createBatch({});
  add(1);
  batch.close();

  batch.send();

  expect([outcome.calls, outcome.refused]).toEqual([0, ['no_socket']]);
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

test('paths that were sent to are released only on request', async () => {
  const addresses = new AddressSlots();
  const batch = new DatagramBatch(CALLS, SOCKET, addresses, { onFull: () => undefined, onRefused: () => undefined });
  const sendTo = (port: number): WeakRef<SocketPath> => {
    const path = new SocketPath(SHARED, '192.0.2.1', port);
    path.addressSlot = addresses.take(path.remoteAddress, path.remotePort);
    batch.add(path, MEMORY, 0, 100, SendKind.Video);
    return new WeakRef(path);
  };

  const sent = sendTo(1);
  batch.send();
  // What a WeakRef was made of in this turn stays until its end.
  await new Promise(setImmediate);
  collectGarbage();
  const isKeptUntilThen = sent.deref() !== undefined;
  await new Promise(setImmediate);
  batch.forgetSent();
  collectGarbage();

  expect(isKeptUntilThen).toBe(true);
  expect(sent.deref()).toBeUndefined();
});

test('paths that wait are not let go of', () => {
  const addresses = new AddressSlots();
  const left: number[] = [];
  const full: SystemCalls = { ...CALLS, sendMany: () => -1, lastError: () => EAGAIN };
  const batch = new DatagramBatch(full, SOCKET, addresses, {
    onFull: ({ remotePort }) => left.push(remotePort),
    onRefused: () => undefined,
  });
  for (const port of [1, 2, 3]) {
    const path = new SocketPath(SHARED, '192.0.2.1', port);
    path.addressSlot = addresses.take(path.remoteAddress, path.remotePort);
    batch.add(path, MEMORY, 0, 100, SendKind.Video);
    batch.forgetSent();
  }
  batch.send();

  expect(left).toEqual([1, 2, 3]);
});
