import { createSctpDataFields, readDataChunk, readIDataChunk, type SctpDataFields, writeDataChunk, writeIDataChunk } from '@causeway/wire';
import fc from 'fast-check';
import { bytes, hex, written } from '../bytes.ts';
import { POISONS, poisoned } from '../poison.ts';
import { datagram, SEEDED, uint16, uint32 } from '../seeded.ts';

const userData = fc.uint8Array({ minLength: 1, maxLength: 300, size: 'max' });

const common = {
  tsn: uint32,
  streamId: uint16,
  protocolId: uint32,
  isUnordered: fc.boolean(),
  isBeginning: fc.boolean(),
  isEnd: fc.boolean(),
  isImmediate: fc.boolean(),
  payload: userData,
};

/** What a reader made of a chunk, with its user data as bytes of its own. */
function ownData({ payload, payloadOffset, payloadLength, ...rest }: SctpDataFields) {
  return { ...rest, payload: payload.slice(payloadOffset, payloadOffset + payloadLength) };
}

function fieldsOf(values: Partial<SctpDataFields> & { readonly payload: Uint8Array }): SctpDataFields {
  return { ...createSctpDataFields(), ...values, payloadOffset: 0, payloadLength: values.payload.length };
}

/** Where the chunk ends that was written: its length field does not count the padding. */
function chunkEnd(chunk: Uint8Array): number {
  return ((chunk[2] ?? 0) << 8) | (chunk[3] ?? 0);
}

test('a whole unordered message is a DATA chunk with its flags, numbers and padding', () => {
  const fields = fieldsOf({
    tsn: 0x01020304,
    streamId: 5,
    messageNumber: 6,
    protocolId: 51,
    isUnordered: true,
    isBeginning: true,
    isEnd: true,
    isImmediate: true,
    payload: bytes('aabbcc'),
  });

  const chunk = written((out, offset) => writeDataChunk(out, offset, fields));

  expect(hex(chunk)).toBe(hex(bytes('000f0013 01020304 0005 0006 00000033 aabbcc00')));
});

test('DATA is read back as it was written', () => {
  fc.assert(
    fc.property(fc.record({ ...common, messageNumber: uint16 }), (values) => {
      const chunk = written((out, offset) => writeDataChunk(out, offset, fieldsOf(values)));
      const read = createSctpDataFields();

      expect(chunk.length % 4).toBe(0);
      expect(readDataChunk(read, chunk, 0, chunkEnd(chunk))).toBe(true);
      expect(ownData(read)).toEqual({ ...values, fragmentNumber: 0 });
    }),
    SEEDED,
  );
});

test('I-DATA is read back as it was written: the protocol of a first fragment, the place of the others', () => {
  fc.assert(
    fc.property(fc.record({ ...common, messageNumber: uint32, fragmentNumber: uint32 }), (values) => {
      const chunk = written((out, offset) => writeIDataChunk(out, offset, fieldsOf(values)));
      const read = createSctpDataFields();

      expect(readIDataChunk(read, chunk, 0, chunkEnd(chunk))).toBe(true);
      expect(ownData(read)).toEqual({ ...values, ...(values.isBeginning ? { fragmentNumber: 0 } : { protocolId: 0 }) });
    }),
    SEEDED,
  );
});

test.each([
  ['DATA', readDataChunk, 16],
  ['I-DATA', readIDataChunk, 20],
] as const)('%s without user data is refused', (_name, read, headerLength) => {
  const chunk = new Uint8Array(headerLength + 1);

  expect(read(createSctpDataFields(), chunk, 0, headerLength)).toBe(false);
  expect(read(createSctpDataFields(), chunk, 0, headerLength + 1)).toBe(true);
});

test.each([
  ['DATA', readDataChunk],
  ['I-DATA', readIDataChunk],
] as const)('arbitrary bytes are read as %s or refused, whatever lies around them', (_name, read) => {
  fc.assert(
    fc.property(datagram, (content) => {
      const results = POISONS.map((poison) => {
        const { buffer, offset } = poisoned(content, poison);
        const fields = createSctpDataFields();
        return read(fields, buffer, offset, offset + content.length) ? ownData(fields) : undefined;
      });

      for (const result of results) expect(result).toEqual(results[0]);
    }),
    SEEDED,
  );
});
