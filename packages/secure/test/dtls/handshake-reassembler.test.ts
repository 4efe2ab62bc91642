import fc from 'fast-check';
import { type HandshakeFragment, type HandshakeMessage, parseFragments, writeFragments } from '../../src/dtls/handshake-message.ts';
import { HandshakeReassembler } from '../../src/dtls/handshake-reassembler.ts';
import { bytesOf } from '../srtp/packets.ts';

function takeAll(reassembler: HandshakeReassembler): HandshakeMessage[] {
  const taken: HandshakeMessage[] = [];
  for (let message = reassembler.take(); message !== undefined; message = reassembler.take()) taken.push(message);
  return taken;
}

test('messages come out whole and in sequence, whatever order, overlap and repetition their pieces have', () => {
  const cut = fc.record({ message: fc.nat({ max: 2 }), from: fc.nat({ max: 2_999 }), length: fc.nat({ max: 700 }) });
  fc.assert(
    fc.property(fc.array(cut, { maxLength: 8 }), fc.integer({ min: 1, max: 1_000_000 }), (cuts, seed) => {
      const messages = [3_000, 0, 1_500].map((length, sequence) => ({
        type: 1 + sequence,
        sequence,
        body: bytesOf(`${sequence}`, length),
      }));
      const pieces = messages.flatMap((message) => writeFragments(message, 412).flatMap((bytes) => parseFragments(bytes) ?? []));
      const overlaps = cuts.map(({ message, from, length }): HandshakeFragment => {
        const { type, sequence, body } = messages[message];
        const offset = Math.min(from, body.length);
        return { type, sequence, totalLength: body.length, offset, body: body.subarray(offset, offset + length) };
      });
      const shuffled = [...pieces, ...overlaps].map((piece, i) => ({ piece, key: (Math.imul(i + 1, seed) >>> 3) % 1_009 }));
      const reassembler = new HandshakeReassembler();

      const taken = shuffled
        .sort((a, b) => a.key - b.key)
        .flatMap(({ piece }) => {
          reassembler.add(piece);
          return takeAll(reassembler);
        });

      expect(taken).toEqual(messages);
    }),
    { seed: 1294, numRuns: 300 },
  );
});

test('a hello of 3 KB in 30 pieces is put together', () => {
  const message = { type: 1, sequence: 0, body: bytesOf('post-quantum', 3_000) };
  const reassembler = new HandshakeReassembler();

  for (const bytes of writeFragments(message, 112).reverse()) for (const piece of parseFragments(bytes) ?? []) reassembler.add(piece);

  expect(reassembler.take()).toEqual(message);
});

test('a message that was refused may be replaced by another of the same number', () => {
  const reassembler = new HandshakeReassembler();
  const [first, second] = ['forged', 'true'].map((label) => ({ type: 1, sequence: 0, body: bytesOf(label, 30) }));
  const add = (message: HandshakeMessage): void => {
    for (const bytes of writeFragments(message, 1_000)) for (const piece of parseFragments(bytes) ?? []) reassembler.add(piece);
  };

  add(first);
  expect(reassembler.take()).toEqual(first);
  reassembler.refuse();
  add(second);

  expect(reassembler.take()).toEqual(second);
});

test('a fragment that claims more than a message may have, or lies far ahead, is dropped', () => {
  const reassembler = new HandshakeReassembler();
  const fragment = { type: 1, sequence: 0, totalLength: 65_537, offset: 0, body: Buffer.alloc(1) };

  expect(reassembler.add(fragment)).toBe('dropped');
  expect(reassembler.add({ ...fragment, totalLength: 10, sequence: 8 })).toBe('dropped');
});

test('W12: of 50,000 fragments that never make a message, at most 64 KB are held', () => {
  const reassembler = new HandshakeReassembler();
  let mostHeld = 0;
  for (let i = 0; i < 50_000; i++) {
    reassembler.add({ type: 1 + (i % 3), sequence: i % 8, totalLength: 60_000, offset: 1 + i, body: Buffer.alloc(1_400) });
    mostHeld = Math.max(mostHeld, reassembler.heldBytes);
  }

  expect(mostHeld).toBeGreaterThan(10_000);
  expect(mostHeld).toBeLessThanOrEqual(65_536);
});
