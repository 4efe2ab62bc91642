import { NackGenerator } from '../../src/publisher/nack-generator.ts';
import { collect, receive } from './nack-feed.ts';

describe('NackGenerator reorder guard', () => {
  test('gives a missing packet 5 ms', () => {
    const nack = new NackGenerator();

    receive(nack, 100, 1, 3);

    expect(nack.dueAt()).toBe(105);
    expect(collect(nack, 104)).toEqual([]);
    expect(collect(nack, 105)).toEqual([2]);
  });

  test('does not wait for the 5 ms once three newer packets have come', () => {
    const nack = new NackGenerator();

    receive(nack, 100, 1, 3, 4);
    expect(collect(nack, 100)).toEqual([]);

    receive(nack, 101, 5);
    expect(nack.dueAt()).toBe(101);
    expect(collect(nack, 101)).toEqual([2]);
  });

  test('asks for nothing that comes within it', () => {
    const nack = new NackGenerator();

    receive(nack, 100, 1, 3);
    receive(nack, 104, 2);

    expect(nack.dueAt()).toBe(Number.POSITIVE_INFINITY);
    expect(collect(nack, 200)).toEqual([]);
  });

  test('widens on a path that reorders', () => {
    const nack = new NackGenerator();
    receive(nack, 100, 1, 3);
    receive(nack, 104, 4, 5, 2);

    receive(nack, 200, 7, 8, 9, 10);

    expect(nack.dueAt()).toBe(206);
    expect(collect(nack, 205)).toEqual([]);
    expect(collect(nack, 206)).toEqual([6]);
  });

  test('learns from a packet that was asked for but came too soon to be the answer', () => {
    const nack = new NackGenerator();
    nack.setRttMs(100);
    receive(nack, 100, 1, 3);
    collect(nack, 105);
    receive(nack, 110, 2);

    receive(nack, 200, 5);

    expect(nack.dueAt()).toBe(215);
  });

  test('does not take a repair for a reordered packet', () => {
    const nack = new NackGenerator();
    nack.setRttMs(100);
    receive(nack, 100, 1, 3);
    collect(nack, 105);
    receive(nack, 210, 2);

    receive(nack, 300, 5);

    expect(nack.dueAt()).toBe(305);
  });

  test('asks for under 5 % of the packets of a lossless path with 15 ms of jitter and reordering of one packet in 33', () => {
    const nack = new NackGenerator();
    const arrivals: { atMs: number; seq: number }[] = [];
    for (let seq = 0; seq < 3000; seq++) arrivals.push({ atMs: seq * 4 + (seq % 33 === 32 ? 15 : 0), seq });
    arrivals.sort((a, b) => a.atMs - b.atMs || a.seq - b.seq);
    let asked = 0;

    for (const { atMs, seq } of arrivals) {
      while (nack.dueAt() <= atMs) asked += collect(nack, nack.dueAt()).length;
      receive(nack, atMs, seq);
    }

    expect(asked).toBeLessThan(Math.floor(3000 / 33) * 0.05);
    expect(nack.keyframeNeeded).toBe(false);
  });
});
