/** Every chunk but DATA: what is written is read back, and arbitrary bytes never throw. */
import {
  parseForwardTsn,
  parseIForwardTsn,
  parseInit,
  parseReconfig,
  SackView,
  SctpErrorCause,
  type SctpInit,
  type SctpSack,
  writeAbort,
  writeForwardTsn,
  writeIForwardTsn,
  writeInit,
  writeReconfig,
  writeSack,
} from '@causeway/wire';
import fc from 'fast-check';
import { bytes, hex, written } from '../bytes.ts';
import { POISONS, poisoned } from '../poison.ts';
import { datagram, SEEDED, uint8, uint16, uint32 } from '../seeded.ts';

function chunkEnd(chunk: Uint8Array): number {
  return ((chunk[2] ?? 0) << 8) | (chunk[3] ?? 0);
}

function readSack(chunk: Uint8Array, start = 0, end = chunkEnd(chunk)): SctpSack | undefined {
  const view = new SackView();
  if (!view.read(chunk, start, end)) return undefined;
  return {
    cumulativeTsn: view.cumulativeTsn,
    windowBytes: view.windowBytes,
    gapBlocks: Array.from({ length: view.gapBlockCount }, (_, index) => [view.gapStart(index), view.gapEnd(index)]).flat(),
    duplicateTsns: Array.from({ length: view.duplicateCount }, (_, index) => view.duplicateTsn(index)),
  };
}

const OFFER: SctpInit = {
  initiateTag: 7,
  windowBytes: 1_000_000,
  outboundStreams: 1024,
  inboundStreams: 1024,
  initialTsn: 99,
  supportsForwardTsn: true,
  acceptsZeroChecksum: true,
  extensions: [130, 192],
  cookie: undefined,
};

const init: fc.Arbitrary<SctpInit> = fc.record({
  initiateTag: uint32,
  windowBytes: uint32,
  outboundStreams: uint16,
  inboundStreams: uint16,
  initialTsn: uint32,
  supportsForwardTsn: fc.boolean(),
  acceptsZeroChecksum: fc.boolean(),
  extensions: fc.array(uint8, { maxLength: 12 }),
  cookie: fc.option(fc.uint8Array({ maxLength: 200 }), { nil: undefined }),
});

const gapBlocks = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 40 })), { maxLength: 100 }).map((steps) => {
  let at = 0;
  return steps.flatMap(([gap, length]) => {
    const start = at + 1 + gap;
    at = start + length;
    return [start, at];
  });
});

const sack: fc.Arbitrary<SctpSack> = fc.record({
  cumulativeTsn: uint32,
  windowBytes: uint32,
  gapBlocks,
  duplicateTsns: fc.array(uint32, { maxLength: 20 }),
});

describe('INIT', () => {
  test('is written with the parameters of what it supports', () => {
    const chunk = written((out, offset) => writeInit(out, offset, OFFER));

    expect(hex(chunk)).toBe(hex(bytes('01000026 00000007 000f4240 0400 0400 00000063 c0000004 8001000800000001 80080006 82c0 0000')));
  });

  test('and INIT ACK are read back as they were written', () => {
    fc.assert(
      fc.property(init, (offer) => {
        const chunk = written((out, offset) => writeInit(out, offset, offer));

        expect(chunk.length % 4).toBe(0);
        expect(chunk[0]).toBe(offer.cookie === undefined ? 1 : 2);
        expect(parseInit(chunk, 0, chunkEnd(chunk))).toEqual(offer);
      }),
      SEEDED,
    );
  });

  const FIXED = '01000000 00000007 000f4240 0400 0400 00000063';

  test.each([
    ['a fixed part that is too short', '01000000 00000007 000f4240 0400 0400 000000'],
    ['a parameter of length 0', `${FIXED} c0000000`],
    ['a parameter of length 3', `${FIXED} c0000003`],
    ['a parameter that runs past its end', `${FIXED} c0000008`],
    ['half a parameter header', `${FIXED} c000`],
    ['more parameters than any implementation sends', `${FIXED} ${'80ff0004'.repeat(65)}`],
  ])('with %s is refused', (_what, text) => {
    const chunk = bytes(text);

    expect(parseInit(chunk, 0, chunk.length)).toBeUndefined();
  });

  test.each([
    ['may be skipped', '80ff0004', true],
    ['may not be skipped', '00ff0004', false],
    ['tells of addresses', '000600080a000001', true],
  ])('is read on behind an unknown parameter only if that %s', (_what, unknown, isReadOn) => {
    const chunk = bytes(`${FIXED} ${unknown} c0000004`);

    expect(parseInit(chunk, 0, chunk.length)?.supportsForwardTsn).toBe(isReadOn);
  });
});

describe('SACK', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(sack, (value) => {
        expect(readSack(written((out, offset) => writeSack(out, offset, value)))).toEqual(value);
      }),
      SEEDED,
    );
  });

  test.each([
    ['fewer gap blocks than it counts', '0300001000000001000000ff00010000'],
    ['more bytes than it counts', '0300001400000001000000ff0000000000020003'],
    ['a gap block that is adjacent to nothing', '0300001400000001000000ff0001000000000003'],
    ['a gap block that ends before it begins', '0300001400000001000000ff0001000000050003'],
    ['gap blocks that go backwards', '0300001800000001000000ff000200000009000a00020003'],
  ])('with %s is refused', (_what, text) => {
    const chunk = bytes(text);

    expect(readSack(chunk, 0, chunk.length)).toBeUndefined();
  });
});

describe('FORWARD-TSN', () => {
  const ordered = fc.record({ streamId: uint16, isUnordered: fc.constant(false), messageNumber: uint16 });
  const either = fc.record({ streamId: uint16, isUnordered: fc.boolean(), messageNumber: uint32 });

  test('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.record({ newCumulativeTsn: uint32, skipped: fc.array(ordered, { maxLength: 50 }) }), (value) => {
        const chunk = written((out, offset) => writeForwardTsn(out, offset, value));

        expect(parseForwardTsn(chunk, 0, chunkEnd(chunk))).toEqual(value);
      }),
      SEEDED,
    );
  });

  test('of interleaved messages is read back as it was written', () => {
    fc.assert(
      fc.property(fc.record({ newCumulativeTsn: uint32, skipped: fc.array(either, { maxLength: 50 }) }), (value) => {
        const chunk = written((out, offset) => writeIForwardTsn(out, offset, value));

        expect(parseIForwardTsn(chunk, 0, chunkEnd(chunk))).toEqual(value);
      }),
      SEEDED,
    );
  });

  test('with half an entry is refused', () => {
    const chunk = bytes('c000000a 00000001 0002');

    expect(parseForwardTsn(chunk, 0, 10)).toBeUndefined();
    expect(parseIForwardTsn(bytes('c200000c 00000001 00020000'), 0, 12)).toBeUndefined();
  });
});

describe('RE-CONFIG', () => {
  const request = fc.record({
    type: fc.constant('outgoing-reset' as const),
    requestSequence: uint32,
    responseSequence: uint32,
    lastTsn: uint32,
    streamIds: fc.array(uint16, { maxLength: 50 }),
  });
  const response = fc.record({ type: fc.constant('response' as const), responseSequence: uint32, result: uint32 });

  test('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.oneof(request, response), (parameter) => {
        const chunk = written((out, offset) => writeReconfig(out, offset, parameter));

        expect(chunk.length % 4).toBe(0);
        expect(parseReconfig(chunk, 0, chunkEnd(chunk))).toEqual([parameter]);
      }),
      SEEDED,
    );
  });

  test('may hold a reset and the answer to another', () => {
    const chunk = bytes('82000022 000d0012 00000001 00000002 00000003 0004 0000 0010000c 00000009 00000001');

    expect(parseReconfig(chunk, 0, chunk.length)).toEqual([
      { type: 'outgoing-reset', requestSequence: 1, responseSequence: 2, lastTsn: 3, streamIds: [4] },
      { type: 'response', responseSequence: 9, result: 1 },
    ]);
  });

  test.each(['000e', '000f', '0011', '0012'])('tells the number of request %s, which is never carried out', (type) => {
    const chunk = bytes(`82000010 ${type}000c 0000002a 00010000`);

    expect(parseReconfig(chunk, 0, 16)).toEqual([{ type: 'unsupported', requestSequence: 42 }]);
  });

  test.each([
    ['no parameter', '82000004'],
    ['a parameter of length 0', '82000008 000d0000'],
    ['a reset that is too short', '82000010 000d000c 00000001 00000002'],
    ['half a stream id', '82000015 000d0011 00000001 00000002 00000003 00'],
    ['three parameters', `82000028 ${'0010000c 00000009 00000001'.repeat(3)}`],
    ['a parameter of another chunk', '8200000c 80080008 00000000'],
  ])('with %s is refused', (_what, text) => {
    const chunk = bytes(text);

    expect(parseReconfig(chunk, 0, chunk.length)).toBeUndefined();
  });
});

test('ABORT names its cause, and says more in text', () => {
  const chunk = written((out, offset) => writeAbort(out, offset, SctpErrorCause.protocolViolation, 'bye'));

  expect(hex(chunk)).toBe(hex(bytes('0600000b 000d0007 62796500')));
});

test.each([
  ['INIT', parseInit],
  ['SACK', readSack],
  ['FORWARD-TSN', parseForwardTsn],
  ['I-FORWARD-TSN', parseIForwardTsn],
  ['RE-CONFIG', parseReconfig],
] as [string, (chunk: Uint8Array, start: number, end: number) => unknown][])(
  'arbitrary bytes are read as %s or refused, whatever lies around them',
  (_name, parse) => {
    fc.assert(
      fc.property(datagram, (content) => {
        const results = POISONS.map((poison) => {
          const { buffer, offset } = poisoned(content, poison);
          return parse(buffer, offset, offset + content.length);
        });

        for (const result of results) expect(result).toEqual(results[0]);
      }),
      SEEDED,
    );
  },
);
