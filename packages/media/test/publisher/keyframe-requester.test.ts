import { KeyframePace, KeyframeRequester } from '../../src/publisher/stream-keyframes.ts';

/** Calls `takeDue` whenever it is due, up to `untilMs`. @returns when requests went out */
function retryTimes(requester: KeyframeRequester, untilMs: number): number[] {
  const times: number[] = [];
  for (let nowMs = requester.dueAt(); nowMs <= untilMs; nowMs = requester.dueAt()) if (requester.takeDue(nowMs)) times.push(nowMs);
  return times;
}

describe('KeyframeRequester', () => {
  test('sends the first request at once', () => {
    const requester = new KeyframeRequester();

    expect(requester.request(1000)).toBe(true);
  });

  test('lets later wishes ride on the request under way', () => {
    const requester = new KeyframeRequester();
    requester.request(1000);

    expect(requester.request(1001)).toBe(false);
    expect(requester.request(1499)).toBe(false);
    expect(requester.dueAt()).toBe(1500);
  });

  test('repeats the request every 500 ms until the keyframe comes', () => {
    const requester = new KeyframeRequester();
    requester.request(1000);

    expect(retryTimes(requester, 2100)).toEqual([1500, 2000]);
    requester.keyframeReceived(2150);

    expect(requester.dueAt()).toBe(Number.POSITIVE_INFINITY);
    expect(requester.takeDue(2500)).toBe(false);
  });

  test('puts off a wish that comes too soon after the last request, though that was answered', () => {
    const requester = new KeyframeRequester();
    requester.request(1000);
    requester.keyframeReceived(1100);

    expect(requester.request(1200)).toBe(false);

    expect(retryTimes(requester, 1600)).toEqual([1500]);
  });

  test('drops the wish put off if a keyframe comes anyway', () => {
    const requester = new KeyframeRequester();
    requester.request(1000);
    requester.keyframeReceived(1100);
    requester.request(1200);

    requester.keyframeReceived(1300);

    expect(retryTimes(requester, 10_000)).toEqual([]);
  });

  test('sends at once again when the last request is long ago', () => {
    const requester = new KeyframeRequester();
    requester.request(1000);
    requester.keyframeReceived(1100);

    expect(requester.request(1500)).toBe(true);
  });

  test('does not wait for the timer when a wish comes at the time of a repetition', () => {
    const requester = new KeyframeRequester();
    requester.request(1000);

    expect(requester.request(1500)).toBe(true);
    expect(requester.takeDue(1500)).toBe(false);
  });

  test('gives up after ten requests, until somebody wishes again', () => {
    const requester = new KeyframeRequester();
    requester.request(0);

    expect(retryTimes(requester, 60_000)).toEqual([500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500]);
    expect(requester.dueAt()).toBe(Number.POSITIVE_INFINITY);
    expect(requester.request(60_000)).toBe(true);
  });

  test('starts counting again with each wish', () => {
    const requester = new KeyframeRequester();
    requester.request(0);
    expect(retryTimes(requester, 4400)).toHaveLength(8);

    requester.request(4400);

    expect(retryTimes(requester, 60_000)).toHaveLength(10);
  });

  test('goes on for as long as somebody keeps wishing', () => {
    const requester = new KeyframeRequester();
    let sent = 0;

    for (let nowMs = 0; nowMs < 20_000; nowMs += 100) if (requester.request(nowMs) || requester.takeDue(nowMs)) sent++;

    expect(sent).toBe(40);
  });

  test('turns 100 subscribers wishing 20 times a second into two requests a second', () => {
    const requester = new KeyframeRequester();
    const sentAtMs: number[] = [];

    for (let nowMs = 0; nowMs < 10_000; nowMs++) {
      if (requester.takeDue(nowMs)) sentAtMs.push(nowMs);
      for (let wish = 0; wish < 2; wish++) if (requester.request(nowMs)) sentAtMs.push(nowMs);
      if (nowMs % 130 === 0) requester.keyframeReceived(nowMs);
    }

    expect(sentAtMs).toHaveLength(20);
    for (let i = 1; i < sentAtMs.length; i++) expect(sentAtMs[i] - sentAtMs[i - 1]).toBeGreaterThanOrEqual(500);
  });

  test('waits with a request that the publisher would drop, because another layer was just asked for', () => {
    const pace = new KeyframePace();
    const [low, high] = [new KeyframeRequester(pace), new KeyframeRequester(pace)];

    expect(low.request(1000)).toBe(true);
    low.keyframeReceived(1050);
    expect(high.request(1060)).toBe(false);
    expect(high.dueAt()).toBe(1320);
    expect(high.takeDue(1319)).toBe(false);
    expect(high.takeDue(1320)).toBe(true);
    expect(low.request(1630)).toBe(false);
    expect(low.request(1640)).toBe(true);
  });

  test('drops the request that has waited if the keyframe comes unasked, as with those of all layers at once', () => {
    const pace = new KeyframePace();
    const [low, high] = [new KeyframeRequester(pace), new KeyframeRequester(pace)];
    low.request(1000);
    high.request(1000);

    high.keyframeReceived(1100);

    expect(high.dueAt()).toBe(Number.POSITIVE_INFINITY);
    expect(high.takeDue(2000)).toBe(false);
  });
});
