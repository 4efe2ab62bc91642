import { seededRandom } from '@causeway/testkit';
import { toSeq16 } from '@causeway/wire';
import { SentPackets } from '../../src/congestion/sent-packets.ts';

/** @param first the number that the first packet gets */
function sentPackets(first = 0): SentPackets {
  const random = seededRandom(1);
  let draws = 0;
  return new SentPackets(() => (draws++ === 0 ? first / 65_536 : random()));
}

/** Sends packets of 100 bytes a millisecond apart. @returns their numbers */
function send(packets: SentPackets, count: number, fromMs = 0): number[] {
  return Array.from({ length: count }, (_, index) => packets.take(fromMs + index, 100, 0));
}

test('numbers follow each other, save for one left out now and then', () => {
  const numbers = send(sentPackets(65_000), 20_000);
  const steps = numbers.map((number, index) => number - (numbers[index - 1] ?? number - 1));

  expect(numbers[0]).toBe(65_000);
  expect(new Set(steps)).toEqual(new Set([1, 2]));
  const leftOut = steps.filter((step) => step === 2).length;
  expect(leftOut).toBeGreaterThan(20_000 / 1_100);
  expect(leftOut).toBeLessThan(20_000 / 200);
});

test('a packet is acknowledged once, with the time it was sent and its size', () => {
  const packets = sentPackets();
  send(packets, 10, 500);

  expect(packets.acknowledge(3)).toBe('first');
  expect(packets.acknowledge(3)).toBe('known');
  expect([packets.sentAtMs(3), packets.sizeBytes(3), packets.bytesInFlight]).toEqual([503, 100, 900]);
});

test('numbers that were never sent are known as such: those of the future, and those left out', () => {
  const packets = sentPackets();
  const numbers = send(packets, 1_200);
  const leftOut = numbers.find((number, index) => number - (numbers[index - 1] ?? -1) === 2) ?? Number.NaN;

  expect(packets.acknowledge((numbers.at(-1) ?? 0) + 1)).toBe('never-sent');
  expect(packets.acknowledge(leftOut - 1)).toBe('never-sent');
  expect(packets.acknowledge(leftOut)).toBe('first');
});

test('16 bits are read as the number nearest to the newest, over any number of turns', () => {
  const packets = sentPackets(65_530);
  const numbers = send(packets, 200_000);

  for (const number of numbers.slice(-1_000)) expect(packets.unwrap(toSeq16(number))).toBe(number);
  const newest = numbers.at(-1) ?? 0;
  expect(packets.unwrap(toSeq16(newest + 5_000))).toBe(newest + 5_000);
});

test('a packet is lost when the second report says that it has not come', () => {
  const packets = sentPackets();
  send(packets, 30);
  for (const number of [0, 1, 3, 4]) packets.acknowledge(number);

  const first = packets.judge(0, 5);
  for (const number of [5, 6, 7]) packets.acknowledge(number);
  const second = packets.judge(5, 8);

  expect([first, second]).toEqual([0, 1]);
});

test('a packet that was overtaken and comes after all is not lost', () => {
  const packets = sentPackets();
  send(packets, 30);
  for (const number of [0, 1, 3]) packets.acknowledge(number);
  packets.judge(0, 4);

  const outcome = packets.acknowledge(2);
  packets.acknowledge(4);

  expect(outcome).toBe('first');
  expect(packets.judge(2, 5)).toBe(0);
});

test('what only a lost report was about is neither received nor lost', () => {
  const packets = sentPackets();
  send(packets, 30);
  for (const number of [10, 11]) packets.acknowledge(number);

  const lost = [packets.judge(10, 12), packets.judge(12, 14), packets.judge(14, 16)];

  // 12 and 13 are, by the third report.
  expect(lost).toEqual([0, 0, 2]);
  expect(packets.bytesInFlight).toBe(1600);
});

test('a report that comes again, or late, finds nothing lost', () => {
  const packets = sentPackets();
  send(packets, 30);
  packets.acknowledge(9);
  packets.judge(0, 10);

  expect([packets.judge(0, 10), packets.judge(2, 5)]).toEqual([0, 0]);
});

test('a number left out is never found to be lost', () => {
  const packets = sentPackets();
  const numbers = send(packets, 5_000);
  let lost = 0;
  for (let from = 0; from < 5_000; from += 100) {
    for (const number of numbers.filter((each) => each >= from && each < from + 100)) packets.acknowledge(number);
    lost += packets.judge(from, from + 100);
  }

  expect(lost).toBe(0);
});

test('the ring grows for what is on its way, and not for what was never reported on', () => {
  const quick = sentPackets();
  for (let index = 0; index < 3_000; index++) quick.take(index / 10, 100, 0);
  const silent = sentPackets();
  for (let index = 0; index < 3_000; index++) silent.take(index * 20, 100, 0);

  expect(quick.capacity).toBe(4_096);
  expect(quick.acknowledge(quick.newest - 2_900)).toBe('first');
  expect(silent.capacity).toBe(128);
  expect(silent.bytesInFlight).toBeLessThanOrEqual(12_800);
});

test('what waits for seconds in a queue of a narrow path is still known when it arrives', () => {
  const packets = sentPackets();
  const numbers = Array.from({ length: 200 }, (_, index) => packets.take(index * 40, 100, 0));

  expect(packets.acknowledge(numbers.at(-100) ?? 0)).toBe('first');
});

test('the ring stops growing where 16 bits tell no more packets apart', () => {
  const packets = sentPackets();
  for (let index = 0; index < 200_000; index++) packets.take(index / 1_000, 100, 0);

  expect(packets.capacity).toBe(32_768);
  expect(packets.bytesInFlight).toBeLessThanOrEqual(32_768 * 100);
});
