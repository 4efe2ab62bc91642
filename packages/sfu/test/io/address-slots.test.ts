import { AddressSlots, NO_ADDRESS_SLOT } from '../../src/io/datagram-batch.ts';
import { SOCKET_ADDRESS_BYTES } from '../../src/io/remote-address.ts';

test('each address has a slot of its own until it is given back', () => {
  const slots = new AddressSlots();
  const first = slots.take('192.0.2.1', 1);
  const second = slots.take('2001:db8::1', 2);
  slots.giveBack(first);
  const { taken } = slots;
  const third = slots.take('192.0.2.3', 3);

  expect(second).not.toBe(first);
  expect(third).toBe(first);
  expect([taken, slots.taken]).toEqual([1, 2]);
  expect([slots.lengthOf(second), slots.lengthOf(third)]).toEqual([28, 16]);
  expect([...slots.bytes.subarray(third * SOCKET_ADDRESS_BYTES + 2, third * SOCKET_ADDRESS_BYTES + 8)]).toEqual([0, 3, 192, 0, 2, 3]);
});

test('an address without a binary form takes no slot', () => {
  const slots = new AddressSlots();

  expect(slots.take('fe80::1%eth0', 1)).toBe(NO_ADDRESS_SLOT);
  slots.giveBack(NO_ADDRESS_SLOT);
  const taken = [slots.take('192.0.2.1', 1), slots.take('192.0.2.1', 2)];
  expect(new Set(taken).size).toBe(2);
});

test('there are thousands, and no more', () => {
  const slots = new AddressSlots();
  const taken = Array.from({ length: 16_384 }, (_, port) => slots.take('192.0.2.1', port));

  expect(new Set(taken).size).toBe(16_384);
  expect(slots.take('192.0.2.1', 1)).toBe(NO_ADDRESS_SLOT);
  slots.giveBack(9);
  expect(slots.take('192.0.2.1', 1)).toBe(9);
});
