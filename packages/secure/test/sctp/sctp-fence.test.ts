import fc from 'fast-check';
import { sctpChecksum } from '../../src/sctp/crc32c.ts';
import { fencePacket } from '../../src/sctp/sctp-fence.ts';
import { buildSctp, type Chunk, initBody, withChecksum } from './sctp-packets.ts';

const DATA_BODY = Buffer.from('00000001000000000000003368656c6c6f', 'hex');

function sackBody(gaps: readonly (readonly [number, number])[], claimedGaps = gaps.length): Buffer {
  const body = Buffer.alloc(12 + gaps.length * 4);
  body.writeUInt16BE(claimedGaps, 8);
  for (const [i, [start, end]] of gaps.entries()) {
    body.writeUInt16BE(start, 12 + i * 4);
    body.writeUInt16BE(end, 14 + i * 4);
  }
  return body;
}

test('the checksum is CRC-32C, and does not count its own field', () => {
  const zeros = Buffer.alloc(32);

  // RFC 3720 appendix B.4.
  expect(sctpChecksum(zeros)).toBe(0x8a91_36aa);
  expect(sctpChecksum(Buffer.from(zeros).fill(0xff, 8, 12))).toBe(0x8a91_36aa);
});

test.each<[string, Chunk[]]>([
  ['INIT', [{ type: 1, body: initBody(Buffer.from('c0000004', 'hex'), Buffer.from('80080006c0820000', 'hex')) }]],
  ['DATA', [{ type: 0, body: DATA_BODY }]],
  [
    'SACK and DATA',
    [
      {
        type: 3,
        body: sackBody([
          [2, 3],
          [5, 9],
        ]),
      },
      { type: 0, body: DATA_BODY },
    ],
  ],
  ['stream reset', [{ type: 130, body: Buffer.from('000d0012000000010000000200000003000400000000', 'hex').subarray(0, 20) }]],
  ['FORWARD-TSN', [{ type: 192, body: Buffer.from('0000000100020003', 'hex') }]],
  ['COOKIE-ACK', [{ type: 11, body: Buffer.alloc(0) }]],
])('lets %s pass', (_, chunks) => {
  expect(fencePacket(buildSctp(1, ...chunks))).toEqual({
    isInit: chunks.some(({ type }) => type === 1),
    hasData: chunks.some(({ type }) => type === 0),
  });
});

test.each<[string, Buffer]>([
  ['W04: less than a header', withChecksum(Buffer.alloc(11))],
  ['W04: a wrong checksum', Buffer.from(buildSctp(1, { type: 0, body: DATA_BODY })).fill(1, 30, 31)],
  ['W05: a chunk of length 0', buildSctp(1, { type: 11, body: Buffer.alloc(0), claimedLength: 0 })],
  ['W05: a chunk of length 3', buildSctp(1, { type: 11, body: Buffer.alloc(0), claimedLength: 3 })],
  ['W05: an INIT parameter of length 0', buildSctp(0, { type: 1, body: initBody(Buffer.from('c0000000', 'hex')) })],
  ['a chunk that runs past the packet', buildSctp(1, { type: 0, body: DATA_BODY, claimedLength: 200 })],
  ['an unknown chunk', buildSctp(1, { type: 77, body: Buffer.alloc(4) })],
  ['DATA without data', buildSctp(1, { type: 0, body: DATA_BODY.subarray(0, 12) })],
  ['DATA on a stream nobody announced', buildSctp(1, { type: 0, body: Buffer.from(DATA_BODY).fill(0xff, 4, 6) })],
  ['INIT with company', buildSctp(0, { type: 1, body: initBody() }, { type: 11, body: Buffer.alloc(0) })],
  ['a SACK that names 65,535 packets', buildSctp(1, { type: 3, body: sackBody([[1, 65_535]]) })],
  ['a SACK with more gaps than it has room for', buildSctp(1, { type: 3, body: sackBody([[2, 2]], 300) })],
  [
    'a SACK whose gaps go backwards',
    buildSctp(1, {
      type: 3,
      body: sackBody([
        [9, 10],
        [2, 3],
      ]),
    }),
  ],
  ['a request for more streams', buildSctp(1, { type: 130, body: Buffer.from('0011000c00000001ffff0000', 'hex') })],
])('refuses %s', (_, packet) => {
  expect(fencePacket(packet)).toBeUndefined();
});

test('a thousand arbitrary chunks are judged without an exception', () => {
  const chunk = fc.record({
    type: fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 6, 9, 10, 130, 192), fc.nat({ max: 255 })),
    body: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 5 }), (chunks) => {
      expect([undefined, 'object']).toContain(fencePacket(buildSctp(1, ...chunks)) === undefined ? undefined : 'object');
    }),
    { seed: 9260, numRuns: 1_000 },
  );
});
