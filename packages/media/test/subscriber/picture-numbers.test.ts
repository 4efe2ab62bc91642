import fc from 'fast-check';
import { PictureNumbers } from '../../src/subscriber/picture-numbers.ts';

const PERIOD = 1 << 15;

test('closes up over pictures that are left out, also across the wrap', () => {
  const numbers = new PictureNumbers(PERIOD - 2, PERIOD);
  const before = numbers.map(PERIOD - 3);
  const after = numbers.map(PERIOD - 1);
  numbers.leaveOut(0);

  const next = numbers.map(1);

  expect([before, after, next]).toEqual([PERIOD - 3, PERIOD - 2, PERIOD - 1]);
});

test('gives a picture that is asked for again the number that it had', () => {
  const numbers = new PictureNumbers(10, PERIOD);
  const sent = [11, 12].map((id) => numbers.map(id));
  numbers.leaveOut(13);
  numbers.map(14);

  expect([11, 12].map((id) => numbers.map(id))).toEqual(sent);
  expect(numbers.map(9)).toBe(9);
});

test('leaves a place for a picture that is written later than the next one was left out', () => {
  const numbers = new PictureNumbers(10, PERIOD);
  numbers.leaveOut(12);

  expect([numbers.map(11), numbers.map(13)]).toEqual([10, 11]);
});

test('goes on without a gap that a decoder would wait for when the source starts its count again', () => {
  const numbers = new PictureNumbers(9000, PERIOD);
  const before = numbers.map(9001);
  const [key, next] = [numbers.map(500), numbers.map(501)];
  numbers.leaveOut(502);

  expect(next - key).toBe(1);
  expect([key > before, numbers.map(503) - next]).toEqual([true, 1]);
});

test('whatever is left out, what is sent counts without a gap, and no number is given twice', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: PERIOD - 1 }), fc.array(fc.boolean(), { maxLength: 300 }), (first, isSent) => {
      const numbers = new PictureNumbers(first, PERIOD);
      const given = isSent.flatMap((sends, index) => {
        const id = (first + 1 + index) & (PERIOD - 1);
        if (sends) return [numbers.map(id)];
        numbers.leaveOut(id);
        return [];
      });
      expect(given).toEqual(given.map((_, index) => first + index));
    }),
  );
});
