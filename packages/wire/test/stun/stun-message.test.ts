import { parseStun, verifyMessageIntegrity } from '@causeway/wire';
import fc from 'fast-check';
import { bytes } from '../bytes.ts';
import { POISONS, poisoned } from '../poison.ts';
import { datagram, SEEDED } from '../seeded.ts';
import { hmacSha1, passwordKey } from './hmac.ts';
import { RFC_5769_IPV4_RESPONSE, RFC_5769_IPV6_RESPONSE, RFC_5769_PASSWORD, RFC_5769_REQUEST } from './rfc-5769.ts';

const HEADER = '2112a442 b7e7a701bc34d686fa87dfae';

function binding(length: string, attributes: string): Uint8Array {
  return bytes(`0001 ${length} ${HEADER} ${attributes}`);
}

test('the sample request of RFC 5769 §2.1 is read and verified', () => {
  const message = parseStun(bytes(RFC_5769_REQUEST));

  expect(message).toMatchObject({
    messageClass: 'request',
    method: 1,
    transactionId: bytes('b7e7a701bc34d686fa87dfae'),
    username: 'evtj:h6vY',
    priority: 0x6e0001ff,
    useCandidate: false,
    iceControlling: undefined,
    iceControlled: 0x932ff9b151263b36n,
    hasFingerprint: true,
    unknownRequired: [],
  });
  expect(message && verifyMessageIntegrity(message, passwordKey(RFC_5769_PASSWORD), hmacSha1)).toBe(true);
});

test.each([
  ['§2.2', RFC_5769_IPV4_RESPONSE, '192.0.2.1'],
  ['§2.3', RFC_5769_IPV6_RESPONSE, '2001:db8:1234:5678:11:2233:4455:6677'],
])('the sample response of RFC 5769 %s is read and verified', (_, response, address) => {
  const message = parseStun(bytes(response));

  expect(message).toMatchObject({ messageClass: 'success', method: 1, xorMappedAddress: { address, port: 32_853 } });
  expect(message && verifyMessageIntegrity(message, passwordKey(RFC_5769_PASSWORD), hmacSha1)).toBe(true);
});

test('reading and verifying leave the bytes as they are, those of a Node Buffer too', () => {
  const original = Buffer.from(bytes(RFC_5769_IPV4_RESPONSE));
  const datagram = Buffer.from(original);

  const message = parseStun(datagram);

  expect(message && verifyMessageIntegrity(message, passwordKey(RFC_5769_PASSWORD), hmacSha1)).toBe(true);
  expect(message?.xorMappedAddress?.address).toBe('192.0.2.1');
  expect(datagram.equals(original)).toBe(true);
});

test('a bare binding request is a message that proves nothing', () => {
  const message = parseStun(binding('0000', ''));

  expect(message).toMatchObject({ messageClass: 'request', method: 1, username: undefined, integrityOffset: undefined });
  expect(message && verifyMessageIntegrity(message, passwordKey('x'), hmacSha1)).toBe(false);
});

test.each([
  ['0001', 'request', 1],
  ['0011', 'indication', 1],
  ['0101', 'success', 1],
  ['0111', 'error', 1],
  ['0003', 'request', 3],
  ['3eef', 'request', 0xfff],
  ['3fff', 'error', 0xfff],
  ['0020', 'request', 0x10],
  ['0200', 'request', 0x80],
])('type %s is a(n) %s of method %i', (type, messageClass, method) => {
  expect(parseStun(bytes(`${type} 0000 ${HEADER}`))).toMatchObject({ messageClass, method });
});

test.each([
  ['empty', ''],
  ['a header cut short', `0001 0000 ${HEADER}`.slice(0, -2)],
  ['one of the first two bits set', `4001 0000 ${HEADER}`],
  ['another cookie', '0001 0000 2112a443 b7e7a701bc34d686fa87dfae'],
  ['a length that is no multiple of four', `0001 0002 ${HEADER} 0000`],
  ['a length short of the datagram', `0001 0000 ${HEADER} 00250000`],
  ['a length beyond the datagram', `0001 0008 ${HEADER} 00250000`],
  ['an attribute that runs past the end', `0001 0004 ${HEADER} 00060001`],
  ['an attribute with an enormous length', `0001 0008 ${HEADER} 0006ffff 00000000`],
  ['a priority of three bytes', `0001 0008 ${HEADER} 00240003 00000000`],
  ['a USE-CANDIDATE with a value', `0001 0008 ${HEADER} 00250001 00000000`],
  ['a tie-breaker of four bytes', `0001 0008 ${HEADER} 802a0004 00000000`],
  ['a user name that is not ASCII', `0001 0008 ${HEADER} 00060002 c3a90000`],
  ['an integrity of 16 bytes', `0001 0014 ${HEADER} 00080010 ${'00'.repeat(16)}`],
  ['a mapped address of an unknown family', `0001 000c ${HEADER} 00200008 0003 0000 00000000`],
  ['an IPv6 family with four bytes', `0001 000c ${HEADER} 00200008 0002 0000 00000000`],
  ['an error code without its code', `0001 0008 ${HEADER} 00090003 00000000`],
  ['a wrong fingerprint', `0001 0008 ${HEADER} 80280004 00000000`],
])('refuses a datagram: %s', (_, datagramHex) => {
  expect(parseStun(bytes(datagramHex))).toBeUndefined();
});

test('a fingerprint with anything behind it is refused', () => {
  const sample = bytes(RFC_5769_REQUEST);
  const longer = Uint8Array.of(...sample, 0, 0x25, 0, 0);
  longer[3] += 4;

  expect(parseStun(longer)).toBeUndefined();
});

test('one bit wrong anywhere in a fingerprinted message makes it none, or one that fails to verify', () => {
  const key = passwordKey(RFC_5769_PASSWORD);
  const sample = bytes(RFC_5769_REQUEST);
  for (let bit = 0; bit < sample.length * 8; bit++) {
    const damaged = sample.slice();
    damaged[bit >> 3] ^= 1 << (bit & 7);
    const message = parseStun(damaged);
    const isAccepted = message?.hasFingerprint === true && verifyMessageIntegrity(message, key, hmacSha1);
    expect(isAccepted).toBe(false);
  }
});

test('a message under another password does not verify', () => {
  const message = parseStun(bytes(RFC_5769_REQUEST));

  expect(message && verifyMessageIntegrity(message, passwordKey('VOkJxbRl1RmTxUk/WvJxBu'), hmacSha1)).toBe(false);
});

test('attributes after the integrity are ignored, because they are not authenticated', () => {
  const message = parseStun(binding('001c', `00080014 ${'00'.repeat(20)} 00250000`));

  expect(message).toMatchObject({ integrityOffset: 20, useCandidate: false });
});

test('the first of two attributes of one kind counts', () => {
  expect(parseStun(binding('0010', '00240004 00000001 00240004 00000002'))?.priority).toBe(1);
});

test('attributes that must be understood and are not are listed, others passed over', () => {
  const message = parseStun(binding('0010', '00030004 00000000 7fff0000 80220000'));

  expect(message?.unknownRequired).toEqual([0x0003, 0x7fff]);
});

test('an error response contains code and reason', () => {
  const message = parseStun(bytes(`0111 000c ${HEADER} 00090008 00000457 476f6e65`));

  expect(message).toMatchObject({ messageClass: 'error', errorCode: { code: 487, reason: 'Gone' } });
});

test('any bytes are parsed or refused, and what lies around them makes no difference', () => {
  const likelyStun = fc
    .array(
      fc.record({
        type: fc.constantFrom(6, 8, 9, 0x20, 0x24, 0x25, 0x8029, 0x802a, 0x7777),
        value: fc.uint8Array({ maxLength: 24, size: 'max' }),
      }),
    )
    .map((attributes) => {
      const content = attributes.flatMap(({ type, value }) => [
        type >> 8,
        type & 0xff,
        0,
        value.length,
        ...value,
        ...new Uint8Array((4 - (value.length % 4)) % 4),
      ]);
      return Uint8Array.of(0, 1, content.length >> 8, content.length & 0xff, ...bytes(HEADER), ...content);
    });
  let parsed = 0;
  fc.assert(
    fc.property(fc.oneof(datagram, likelyStun), (packet) => {
      const readings = POISONS.map((poison) => {
        const { buffer, offset } = poisoned(packet, poison);
        return parseStun(buffer.subarray(offset, offset + packet.length));
      });
      if (readings[0] !== undefined) parsed++;
      for (const reading of readings) expect(reading).toEqual(readings[0]);
    }),
    SEEDED,
  );
  expect(parsed).toBeGreaterThan(50);
});
