import { SOCKET_ADDRESS_BYTES, writeSocketAddress } from '../../src/io/remote-address.ts';

function written(address: string, port: number): { readonly length: number; readonly hex: string } {
  const bytes = new Uint8Array(2 + SOCKET_ADDRESS_BYTES).fill(0xee);
  const length = writeSocketAddress(bytes, 2, address, port);
  return { length, hex: Buffer.from(bytes.subarray(2, 2 + length)).toString('hex') };
}

test('an IPv4 address: family in the order of the machine, port and address in that of the network, zeros behind', () => {
  expect(written('192.0.2.7', 0x1f90)).toEqual({ length: 16, hex: '02001f90c00002070000000000000000' });
});

test('an IPv6 address: without flow and zone', () => {
  expect(written('2001:db8::1', 443)).toEqual({ length: 28, hex: '0a0001bb0000000020010db800000000000000000000000100000000' });
});

test.each(['fe80::1%eth0', '::ffff:192.0.2.7', 'localhost', ''])('%p has no such form', (address) => {
  expect(written(address, 1).length).toBe(0);
});
