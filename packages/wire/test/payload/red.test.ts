import {
  MAX_RED_BLOCK_LENGTH,
  MAX_RED_OFFSET,
  RedPayload,
  redHeadersLength,
  writeRedBlockHeader,
  writeRedPrimaryHeader,
} from '@causeway/wire';

/** The example of RFC 2198 §3.1 in structure: an older block of three bytes, then a new one of two. */
const WITH_ONE = Uint8Array.of(0x80 | 111, 0x0f, 0x00, 0x03, 111, 0xa, 0xb, 0xc, 0xd, 0xe);

function read(bytes: Uint8Array, offset = 0): RedPayload | undefined {
  const payload = new RedPayload();
  return payload.read(bytes, offset, bytes.length - offset) ? payload : undefined;
}

test('an older block and the new one are located', () => {
  const payload = read(Uint8Array.of(0xff, 0xff, ...WITH_ONE), 2);

  expect(payload).toMatchObject({ count: 1, primaryPayloadType: 111, primaryStart: 10, primaryLength: 2 });
  expect([payload?.payloadTypes[0], payload?.offsets[0], payload?.starts[0], payload?.lengths[0]]).toEqual([111, 960, 7, 3]);
});

test('a payload with the new block alone has one byte more than it', () => {
  expect(read(Uint8Array.of(111, 1, 2, 3))).toMatchObject({ count: 0, primaryPayloadType: 111, primaryStart: 1, primaryLength: 3 });
});

test.each([1, 2, 16])('%i older blocks are read as they were written, at the limits of offset and length', (count) => {
  const lengths = Array.from({ length: count }, (_, index) => (index === 0 ? MAX_RED_BLOCK_LENGTH : index));
  const offsets = Array.from({ length: count }, (_, index) => (index === 0 ? MAX_RED_OFFSET : (count - index) * 960));
  const out = new Uint8Array(2000);
  let at = 0;
  for (let block = 0; block < count; block++) at = writeRedBlockHeader(out, at, 63 - block, offsets[block] ?? 0, lengths[block] ?? 0);
  at = writeRedPrimaryHeader(out, at, 111);
  expect(at).toBe(redHeadersLength(count));
  const end = at + lengths.reduce((sum, length) => sum + length) + 7;
  const payload = read(out.subarray(0, end));

  expect(payload).toMatchObject({ count, primaryPayloadType: 111, primaryLength: 7, primaryStart: end - 7 });
  expect([...(payload?.offsets.subarray(0, count) ?? [])]).toEqual(offsets);
  expect([...(payload?.lengths.subarray(0, count) ?? [])]).toEqual(lengths);
  expect(payload?.starts[0]).toBe(at);
});

test.each([
  ['nothing', Uint8Array.of()],
  ['a header that is cut off', WITH_ONE.subarray(0, 3)],
  ['no new block', WITH_ONE.subarray(0, 4)],
  ['an older block that is cut off', WITH_ONE.subarray(0, 7)],
  ['seventeen older blocks', Uint8Array.from({ length: 17 * 4 + 1 }, (_, index) => (index % 4 === 0 && index < 68 ? 0xef : 0))],
])('%s is malformed', (_, bytes) => {
  expect(read(bytes)).toBeUndefined();
});

test('a new block without bytes is well-formed, and empty', () => {
  expect(read(WITH_ONE.subarray(0, 8))).toMatchObject({ count: 1, primaryLength: 0 });
});
