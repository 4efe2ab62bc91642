import {
  formatIpAddress,
  parseStun,
  verifyMessageIntegrity,
  writeBindingError,
  writeBindingRequest,
  writeBindingSuccess,
} from '@causeway/wire';
import fc from 'fast-check';
import { bytes, hex } from '../bytes.ts';
import { SEEDED, uint16, uint32 } from '../seeded.ts';
import { hmacSha1, passwordKey } from './hmac.ts';

const transactionId = bytes('b7e7a701bc34d686fa87dfae');
const integrity = { key: passwordKey('secret'), hmacSha1 };

function verified(message: Uint8Array): boolean {
  const parsed = parseStun(message);
  return parsed !== undefined && verifyMessageIntegrity(parsed, integrity.key, hmacSha1);
}

test('the answer to a plain binding request is 32 bytes: header and XOR-MAPPED-ADDRESS as in RFC 5769 §2.2', () => {
  const response = writeBindingSuccess({ transactionId, address: '192.0.2.1', port: 32_853, fingerprint: false });

  expect(hex(response)).toBe(hex(bytes('0101 000c 2112a442 b7e7a701bc34d686fa87dfae 0020 0008 0001a147 e112a643')));
});

test('an IPv6 address is masked with cookie and transaction id, as in RFC 5769 §2.3', () => {
  const address = '2001:db8:1234:5678:11:2233:4455:6677';

  const response = writeBindingSuccess({ transactionId, address, port: 32_853, fingerprint: false });

  expect(hex(response.subarray(20))).toBe(hex(bytes('0020 0014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9')));
});

test('a peer behind a dual-stack socket learns its IPv4 address', () => {
  const response = writeBindingSuccess({ transactionId, address: '::ffff:192.0.2.1', port: 1, fingerprint: false });

  expect(parseStun(response)?.xorMappedAddress).toEqual({ address: '192.0.2.1', port: 1 });
});

test('an address that is none is our own mistake', () => {
  const write = () => writeBindingSuccess({ transactionId, address: 'localhost', port: 1, fingerprint: false });

  expect(write).toThrow(new RangeError('expected an IP address, got "localhost"'));
});

test('a success under a password verifies, fingerprint included', () => {
  const response = writeBindingSuccess({ transactionId, address: '::1', port: 9, integrity, fingerprint: true });

  expect(parseStun(response)).toMatchObject({ messageClass: 'success', hasFingerprint: true });
  expect(verified(response)).toBe(true);
});

test('an error contains code, reason and the attributes that were not understood', () => {
  const response = writeBindingError({
    transactionId,
    code: 420,
    reason: 'Unknown',
    unknownAttributes: [0x7fff],
    integrity,
    fingerprint: true,
  });

  expect(parseStun(response)).toMatchObject({ messageClass: 'error', errorCode: { code: 420, reason: 'Unknown' } });
  expect(hex(response.subarray(20, 40))).toBe(hex(bytes('0009 000b 00000414 556e6b6e6f776e00 000a 0002')));
  expect(verified(response)).toBe(true);
});

test('an error needs no reason', () => {
  const response = writeBindingError({ transactionId, code: 487, fingerprint: false });

  expect(parseStun(response)).toMatchObject({ errorCode: { code: 487, reason: '' } });
  expect(response).toHaveLength(28);
});

test('a binding request without options is a header', () => {
  expect(hex(writeBindingRequest({ transactionId, fingerprint: false }))).toBe(hex(bytes('0001 0000 2112a442 b7e7a701bc34d686fa87dfae')));
});

test('any connectivity check is read back and verifies', () => {
  const check = fc.record({
    transactionId: fc.uint8Array({ minLength: 12, maxLength: 12 }),
    username: fc.stringMatching(/^[A-Za-z0-9+/]{4,32}:[A-Za-z0-9+/]{4,32}$/),
    priority: uint32,
    useCandidate: fc.boolean(),
    iceControlling: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  });
  fc.assert(
    fc.property(check, (options) => {
      const request = writeBindingRequest({ ...options, integrity, fingerprint: true });

      expect(parseStun(request)).toMatchObject({ ...options, messageClass: 'request', hasFingerprint: true, unknownRequired: [] });
      expect(verified(request)).toBe(true);
    }),
    SEEDED,
  );
});

test('any mapped address is read back', () => {
  const address = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }));
  fc.assert(
    fc.property(address, uint16, (raw, port) => {
      const text = formatIpAddress(raw);
      const response = writeBindingSuccess({ transactionId, address: text, port, integrity, fingerprint: true });

      expect(parseStun(response)?.xorMappedAddress).toEqual({ address: text, port });
    }),
    SEEDED,
  );
});
