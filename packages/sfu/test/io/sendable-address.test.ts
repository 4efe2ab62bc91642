import { isSendableAddress } from '../../src/io/remote-address.ts';

test.each([
  ['192.0.2.1', 1],
  ['127.0.0.1', 65_535],
  ['223.255.255.255', 9],
  ['1.0.0.0', 9],
  ['::1', 9],
  ['fe80::1%eth0', 9],
  ['2001:db8::ff', 9],
])('%s port %i can be answered', (address, port) => {
  expect(isSendableAddress(address, port)).toBe(true);
});

test.each([
  ['192.0.2.1', 0],
  ['2001:db8::1', 0],
  ['0.0.0.0', 9],
  ['0.1.2.3', 9],
  ['224.0.0.1', 9],
  ['239.255.255.250', 9],
  ['240.0.0.1', 9],
  ['255.255.255.255', 9],
  ['::', 9],
  ['ff02::1', 9],
  ['ff02::1%eth0', 9],
])('%s port %i cannot', (address, port) => {
  expect(isSendableAddress(address, port)).toBe(false);
});
