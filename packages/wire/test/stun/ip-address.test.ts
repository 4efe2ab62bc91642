import { isIP } from 'node:net';
import { formatIpAddress, parseIpAddress } from '@causeway/wire';
import fc from 'fast-check';
import { bytes } from '../bytes.ts';
import { SEEDED } from '../seeded.ts';

test.each([
  ['0.0.0.0', '00000000'],
  ['192.0.2.255', 'c00002ff'],
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['1::', '00010000000000000000000000000000'],
  ['2001:DB8::8:800:200c:417A', '20010db80000000000080800200c417a'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ['::ffff:192.0.2.1', 'c0000201'],
  ['::ffff:c000:201', 'c0000201'],
])('%s is %s', (text, expected) => {
  expect(parseIpAddress(text)).toEqual(bytes(expected));
});

test.each([
  '',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.+4',
  '1.2.3.4 ',
  '1.2.3.4%eth0',
  'localhost',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '12345::',
  'g::',
  ':1::2',
  '1.2.3.4::',
  '::1.2.3',
  `::${'0'.repeat(100)}`,
])('%j is not an IP address', (text) => {
  expect(parseIpAddress(text)).toBeUndefined();
});

test.each([
  ['c0000201', '192.0.2.1'],
  ['00000000000000000000ffffc0000201', '192.0.2.1'],
  ['00000000000000000000000000000000', '::'],
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['00010002000300040005000600070000', '1:2:3:4:5:6:7:0'],
])('%s is written %s, as RFC 5952 has it', (address, text) => {
  expect(formatIpAddress(bytes(address))).toBe(text);
});

test('every address survives as text, and Node takes the text for one', () => {
  const address = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    // Many zeros, for the places that `::` can take.
    fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((values) => Uint8Array.from(values)),
  );
  fc.assert(
    fc.property(address, (raw) => {
      const text = formatIpAddress(raw);
      const isMapped = raw.length === 16 && text.includes('.');

      expect(isIP(text)).toBe(raw.length === 4 || isMapped ? 4 : 6);
      expect(parseIpAddress(text)).toEqual(isMapped ? raw.slice(12) : raw);
    }),
    SEEDED,
  );
});

test('Node and we agree on what an address is', () => {
  const soup = fc.string({ unit: fc.constantFrom(':', '::', '.', '0', '1', '12', 'ff', '255', '256', 'g', '1.2.3.4'), maxLength: 12 });
  fc.assert(
    fc.property(soup, (text) => {
      expect(parseIpAddress(text) !== undefined).toBe(isIP(text) !== 0);
    }),
    { ...SEEDED, numRuns: 5_000 },
  );
});
