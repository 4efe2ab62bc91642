import { isPublicAndPlain } from '../../src/config/own-networks.ts';

test.each([
  ['http://203.0.113.7:8080', true],
  ['http://[2001:db8::7]:8080', true],
  ['https://203.0.113.7:8443', false],
  ['http://10.1.2.3:8080', false],
  ['http://172.31.0.1', false],
  ['http://172.32.0.1', true],
  ['http://100.64.0.9:8080', false],
  ['http://[fd00::7]:8080', false],
  ['http://127.0.0.1:8080', false],
  // Where a name leads is not known here.
  ['http://fra1.internal.example:8080', false],
])('calls between nodes at %s are public and unencrypted: %s', (url, isSo) => {
  expect(isPublicAndPlain(url)).toBe(isSo);
});
