import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AddressSlots } from '../../src/io/address-slots.ts';
import { DatagramBatch } from '../../src/io/datagram-batch.ts';
import { type LocalSocket, SocketPath } from '../../src/io/socket-path.ts';
import type { SystemCalls } from '../../src/io/system-calls.ts';

/** Take everything and send it nowhere. */
const CALLS: SystemCalls = {
  openSharedSocket: () => undefined,
  close: () => undefined,
  forbidAddressReuse: () => undefined,
  sendMany: (_fd, _headers, count) => count,
  addressOf: () => 0x7f00_0000_1000,
};
const SHARED = { address: '127.0.0.1' } as LocalSocket;

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

test('paths that were sent to are let go of when it is told to, and not before', async () => {
  const addresses = new AddressSlots();
  const batch = new DatagramBatch(CALLS, 3, addresses, () => undefined);
  const sendTo = (port: number): WeakRef<SocketPath> => {
    const path = new SocketPath(SHARED, '192.0.2.1', port);
    path.addressSlot = addresses.take(path.remoteAddress, path.remotePort);
    batch.add(path, new Uint8Array(100), 0, 100);
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
  const refused: number[] = [];
  const batch = new DatagramBatch({ ...CALLS, sendMany: () => -1 }, 3, addresses, ({ remotePort }) => refused.push(remotePort));
  for (const port of [1, 2, 3]) {
    const path = new SocketPath(SHARED, '192.0.2.1', port);
    path.addressSlot = addresses.take(path.remoteAddress, path.remotePort);
    batch.add(path, new Uint8Array(100), 0, 100);
    batch.forgetSent();
  }
  batch.send();

  expect(refused).toEqual([1, 2, 3]);
});
