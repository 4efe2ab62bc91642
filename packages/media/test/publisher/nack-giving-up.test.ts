import fc from 'fast-check';
import { NackGenerator } from '../../src/publisher/nack-generator.ts';
import { collect, range, receive, requestTimes, seqOf } from './nack-feed.ts';

describe('NackGenerator giving up', () => {
  test('gives up after ten requests, and wants a keyframe', () => {
    const nack = new NackGenerator();
    nack.setRttMs(20);
    receive(nack, 0, 1, 3);

    expect(requestTimes(nack, 10_000, 2)).toHaveLength(10);
    expect(nack.pending).toBe(0);
    expect(nack.keyframeNeeded).toBe(true);
  });

  test('gives up after a second, and wants a keyframe', () => {
    const nack = new NackGenerator();
    nack.setRttMs(400);
    receive(nack, 0, 1, 3);

    expect(requestTimes(nack, 999, 2)).toEqual([5, 485, 965]);
    expect(nack.dueAt()).toBe(1000);
    expect(collect(nack, 1000)).toEqual([]);
    expect(nack.pending).toBe(0);
    expect(nack.keyframeNeeded).toBe(true);
  });

  test('gives up at the very time it is due for it, at whatever fraction of a millisecond that is', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 ** 40, noNaN: true }), (missedAtMs) => {
        const nack = new NackGenerator();
        nack.setRttMs(2000);
        receive(nack, missedAtMs, 1, 3);
        collect(nack, nack.dueAt());

        collect(nack, nack.dueAt());

        expect(nack.pending).toBe(0);
      }),
      { seed: 12, numRuns: 1000 },
    );
  });

  test('says once that it wants a keyframe', () => {
    const nack = new NackGenerator();
    receive(nack, 0, 1, 3);
    collect(nack, 1000);

    expect(nack.takeKeyframeNeeded()).toBe(true);
    expect(nack.takeKeyframeNeeded()).toBe(false);
  });

  test('wants no keyframe if one began after the packet given up', () => {
    const nack = new NackGenerator();
    receive(nack, 0, 1, 3);
    nack.receive(500, seqOf(4), true);

    collect(nack, 1000);

    expect(nack.keyframeNeeded).toBe(false);
  });

  test('goes by the newest keyframe, though an older one begins late', () => {
    const nack = new NackGenerator();
    nack.receive(0, seqOf(1), false);
    nack.receive(0, seqOf(10), true);
    nack.receiveRepair(50, seqOf(5), true);

    collect(nack, 1000);

    expect(nack.pending).toBe(0);
    expect(nack.keyframeNeeded).toBe(false);
  });

  test('wants none any more once one has begun', () => {
    const nack = new NackGenerator();
    receive(nack, 0, 1, 3);
    collect(nack, 1000);

    nack.receive(1001, seqOf(4), true);

    expect(nack.keyframeNeeded).toBe(false);
  });

  test('wants another if a packet of the keyframe itself is given up', () => {
    const nack = new NackGenerator();
    nack.receive(0, seqOf(1), true);
    receive(nack, 0, 3);

    collect(nack, 1000);

    expect(nack.keyframeNeeded).toBe(true);
  });

  test('where it cannot ask, gives up after a tenth of a second, and wants a keyframe', () => {
    const nack = new NackGenerator(false);
    receive(nack, 0, 1, 3, 4, 5, 6, 8);
    receive(nack, 60, 7);

    expect(requestTimes(nack, 99, 2)).toEqual([]);
    expect(nack.dueAt()).toBe(100);
    expect(collect(nack, 100)).toEqual([]);
    expect(nack.pending).toBe(0);
    expect(nack.dueAt()).toBe(Number.POSITIVE_INFINITY);
    expect(nack.keyframeNeeded).toBe(true);
  });

  test('asks for nothing after a gap of more than 500, but for a keyframe', () => {
    const nack = new NackGenerator();

    receive(nack, 0, 1, 502);
    expect(nack.pending).toBe(500);

    receive(nack, 7, 1004);
    expect(nack.pending).toBe(0);
    expect(nack.dueAt()).toBe(7);
    expect(collect(nack, 7)).toEqual([]);
    expect(nack.keyframeNeeded).toBe(true);
    expect(nack.dueAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test('wants no keyframe after a jump that lands on one', () => {
    const nack = new NackGenerator();
    receive(nack, 0, 1);

    nack.receive(0, seqOf(5000), true);

    expect(nack.pending).toBe(0);
    expect(nack.keyframeNeeded).toBe(false);
  });

  test('when too much is missing, lets go first of what came before the latest keyframe', () => {
    const nack = new NackGenerator();
    receive(nack, 0, 1, 301);
    nack.receive(0, seqOf(302), true);

    receive(nack, 0, 600);

    expect(nack.pending).toBe(297);
    expect(collect(nack, 5)).toEqual(range(303, 599));
    expect(nack.keyframeNeeded).toBe(false);
  });
});
