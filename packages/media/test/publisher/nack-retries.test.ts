import { NackGenerator } from '../../src/publisher/nack-generator.ts';
import { collect, receive, requestTimes, seqOf } from './nack-feed.ts';

describe('NackGenerator retries', () => {
  test('asks again after 1.2 round trips', () => {
    const nack = new NackGenerator();
    nack.setRttMs(200);
    receive(nack, 0, 1, 3);

    expect(requestTimes(nack, 600, 2)).toEqual([5, 245, 485]);
  });

  test('never asks again within 24 ms, however short the round trip', () => {
    const nack = new NackGenerator();
    nack.setRttMs(0.3);
    receive(nack, 0, 1, 3);

    expect(requestTimes(nack, 80, 2)).toEqual([5, 29, 53, 77]);
  });

  test('assumes a round trip of 100 ms until one is known', () => {
    const nack = new NackGenerator();
    receive(nack, 0, 1, 3);

    expect(requestTimes(nack, 300, 2)).toEqual([5, 125, 245]);
  });

  test('learns the round trip from a repair', () => {
    const nack = new NackGenerator();
    receive(nack, 0, 1, 3);
    collect(nack, 5);
    nack.receiveRepair(45, seqOf(2), false);

    receive(nack, 1000, 5);

    expect(requestTimes(nack, 1100, 4)).toEqual([1005, 1053]);
  });

  test('learns nothing from a repair asked for twice: either request may have brought it', () => {
    const nack = new NackGenerator();
    receive(nack, 0, 1, 3);
    collect(nack, 5);
    collect(nack, 125);
    nack.receiveRepair(130, seqOf(2), false);

    receive(nack, 1000, 5);

    expect(requestTimes(nack, 1200, 4)).toEqual([1005, 1125]);
  });

  test('stops when the packet arrives', () => {
    const nack = new NackGenerator();
    receive(nack, 0, 1, 3, 5);
    collect(nack, 5);

    receive(nack, 60, 2);
    nack.receiveRepair(61, seqOf(4), false);

    expect(nack.pending).toBe(0);
    expect(nack.dueAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test('asks for each packet in its own time', () => {
    const nack = new NackGenerator();
    receive(nack, 0, 1, 3);
    collect(nack, 5);
    receive(nack, 60, 5);

    expect(collect(nack, 65)).toEqual([4]);
    expect(collect(nack, 125)).toEqual([2]);
    expect(collect(nack, 185)).toEqual([4]);
  });
});
