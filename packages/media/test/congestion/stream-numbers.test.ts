import { StreamNumbers } from '../../src/congestion/stream-numbers.ts';

test('a packet is found by its stream and sequence number, and no other is', () => {
  const numbers = new StreamNumbers();
  numbers.note(1, 65_535, 700_000);
  numbers.note(1, 0, 700_002);
  numbers.note(2, 0, 700_001);

  expect([numbers.find(1, 65_535), numbers.find(1, 0), numbers.find(2, 0)]).toEqual([700_000, 700_002, 700_001]);
  expect([numbers.find(1, 1), numbers.find(2, 65_535), numbers.find(3, 0)]).toEqual([undefined, undefined, undefined]);
});

test('a packet that was sent long ago is not found, nor is a newer one in its place', () => {
  const numbers = new StreamNumbers();
  for (let index = 0; index < 2049; index++) numbers.note(1, index, 10 + index);

  expect([numbers.find(1, 0), numbers.find(1, 1), numbers.find(1, 2048)]).toEqual([undefined, 11, 2058]);
});

test('a stream that has ended is forgotten', () => {
  const numbers = new StreamNumbers();
  numbers.note(1, 5, 10);
  numbers.note(2, 5, 11);

  numbers.forget(1);

  expect([numbers.find(1, 5), numbers.find(2, 5)]).toEqual([undefined, 11]);
});
