import fc from 'fast-check';
import { NumberMap } from '../../src/subscriber/sequence-rewriter.ts';

function mapAll(map: NumberMap, ...sources: number[]): (number | undefined)[] {
  return sources.map((source) => map.map(source));
}

describe('NumberMap', () => {
  test('shifts numbers so that the first becomes the one wanted', () => {
    const map = new NumberMap(100, 1000);

    expect(mapAll(map, 100, 101, 102)).toEqual([1000, 1001, 1002]);
  });

  test('leaves room for numbers that are missing, and gives it to them when they come', () => {
    const map = new NumberMap(100, 1000);

    expect(mapAll(map, 100, 103, 101, 102)).toEqual([1000, 1003, 1001, 1002]);
  });

  test('maps a number to the same one each time', () => {
    const map = new NumberMap(100, 1000);

    expect(mapAll(map, 100, 102, 102, 100, 101, 101)).toEqual([1000, 1002, 1002, 1000, 1001, 1001]);
  });

  test('maps nothing from before the first', () => {
    const map = new NumberMap(100, 1000);

    expect(mapAll(map, 99, 100, 99)).toEqual([undefined, 1000, undefined]);
  });

  test('closes the gap of dropped numbers', () => {
    const map = new NumberMap(100, 1000);
    map.map(100);

    map.drop(101);
    map.drop(102);

    expect(mapAll(map, 103, 104)).toEqual([1001, 1002]);
    expect(map.map(101)).toBeUndefined();
    expect(map.highestTarget).toBe(1002);
  });

  test('can drop the first number of all', () => {
    const map = new NumberMap(100, 1000);

    map.drop(100);

    expect(map.highestTarget).toBe(999);
    expect(map.map(101)).toBe(1000);
  });

  test('gives a late number the shift of its time', () => {
    const map = new NumberMap(100, 1000);
    map.map(100);
    map.map(102);
    map.drop(103);
    map.map(105);
    map.drop(106);
    map.map(107);

    expect(mapAll(map, 101, 104, 105, 107)).toEqual([1001, 1003, 1004, 1005]);
    expect(mapAll(map, 103, 106)).toEqual([undefined, undefined]);
  });

  test('tells a dropped number from a missing one next to it', () => {
    const map = new NumberMap(100, 1000);
    map.map(100);
    map.drop(102);
    map.map(103);

    expect(mapAll(map, 101, 102, 103)).toEqual([1001, undefined, 1002]);
  });

  test('leaves the place of a number empty that is dropped after a higher one was mapped', () => {
    const map = new NumberMap(100, 1000);
    mapAll(map, 100, 102);

    map.drop(101);

    expect(mapAll(map, 102, 103)).toEqual([1002, 1003]);
  });

  test('shows one missing number for a gap too wide to be repaired', () => {
    const map = new NumberMap(100, 1000);
    map.map(100);

    expect(map.map(31_000)).toBe(1002);
    expect(map.map(31_001)).toBe(1003);
    expect(map.map(20_000)).toBeUndefined();
    expect(map.map(101)).toBe(1001);
  });

  test('keeps a gap that may yet be repaired', () => {
    const map = new NumberMap(100, 1000);
    map.map(100);

    expect(mapAll(map, 1101, 1100, 101)).toEqual([2001, 2000, 1001]);
  });

  test('remembers a long run of dropped numbers as one', () => {
    const map = new NumberMap(100, 1000);
    mapAll(map, 100, 102);
    for (let source = 103; source < 900; source++) map.drop(source);

    expect(mapAll(map, 900, 101, 500)).toEqual([1003, 1001, undefined]);
  });

  test('forgets the place of a number only after many drops', () => {
    const map = new NumberMap(0, 0);
    for (let i = 0; i < 2000; i += 2) {
      map.drop(i);
      if (i % 100 !== 50) map.map(i + 1);
    }

    expect(map.map(1951)).toBe(975);
    expect(map.map(51)).toBeUndefined();
  });

  test('never maps two numbers to one, keeps their order, and leaves no gap but for numbers that never came', () => {
    const step = fc.record({
      advance: fc.oneof({ weight: 10, arbitrary: fc.constant(1) }, { weight: 4, arbitrary: fc.integer({ min: -20, max: 12 }) }),
      isDropped: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), fc.integer({ min: 0, max: 2 ** 33 }), (steps, first) => {
        const map = new NumberMap(first, 5000);
        const sent = new Map<number, number>();
        const seen = new Set<number>();
        let highest = first - 1;
        let droppedInTime = 0;
        for (const { advance, isDropped } of steps) {
          const source = Math.max(highest + advance, first);
          const isNew = source > highest;
          if (isDropped && !sent.has(source)) {
            map.drop(source);
            if (isNew) droppedInTime++;
            if (isNew) seen.add(source);
          } else {
            const target = map.map(source);
            if (target !== undefined) {
              expect(sent.get(source) ?? target).toBe(target);
              sent.set(source, target);
              seen.add(source);
            }
          }
          highest = Math.max(highest, source);
        }
        const bySource = [...sent].sort(([a], [b]) => a - b);
        for (let i = 1; i < bySource.length; i++) expect(bySource[i][1]).toBeGreaterThan(bySource[i - 1][1]);
        const neverCame = highest - first + 1 - seen.size;
        expect(map.highestTarget - 5000 + 1).toBe(sent.size + neverCame);
        expect(map.highestTarget).toBe(5000 + highest - first - droppedInTime);
      }),
      { seed: 8, numRuns: 150 },
    );
  });
});
