import { sharedByText } from '../src/made-once.ts';

test('a value is made once for all who have the same text, and again for another', () => {
  const shared = sharedByText<{ readonly text: string }>();
  const make = (text: string) => ({ text });

  const [first, second, other] = [shared('a', make), shared('a', make), shared('b', make)];

  expect(second).toBe(first);
  expect(other).toEqual({ text: 'b' });
});

test('of many different texts, and of long ones, nothing is kept for long', () => {
  const shared = sharedByText<object>();
  const make = () => ({});
  const first = shared('first', make);
  const long = 'x'.repeat(20_000);

  for (let serial = 0; serial < 1000; serial++) shared(`text ${serial}`, make);

  expect(shared('first', make)).not.toBe(first);
  expect(shared(long, make)).not.toBe(shared(long, make));
});
