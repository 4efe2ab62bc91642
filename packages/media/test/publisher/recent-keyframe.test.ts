import type { ExtendedSeq } from '@causeway/wire';
import { RecentKeyframe } from '../../src/publisher/stream-keyframes.ts';

const FIRST = 1000 as ExtendedSeq;
const WITHIN_MS = 250;

function noted(): RecentKeyframe {
  const keyframe = new RecentKeyframe();
  keyframe.note(5000, FIRST, 90_000);
  return keyframe;
}

describe('RecentKeyframe', () => {
  test('knows none before the first', () => {
    expect(new RecentKeyframe().find(0, 0, WITHIN_MS)).toBeUndefined();
  });

  test('is found for as long as it may be old', () => {
    expect(noted().find(5250, FIRST, WITHIN_MS)).toBe(FIRST);
    expect(noted().find(5251, FIRST, WITHIN_MS)).toBeUndefined();
  });

  test('is found as long as 64 packets at most are to be sent at once', () => {
    expect(noted().find(5100, FIRST + 63, WITHIN_MS)).toBe(FIRST);
    expect(noted().find(5100, FIRST + 64, WITHIN_MS)).toBeUndefined();
  });

  test('begins with the first of its packets that begin one, in whatever order they come', () => {
    const keyframe = noted();

    keyframe.note(5010, (FIRST + 1) as ExtendedSeq, 90_000);
    expect(keyframe.find(5020, FIRST + 1, WITHIN_MS)).toBe(FIRST);
    keyframe.note(5020, (FIRST - 1) as ExtendedSeq, 90_000);
    expect(keyframe.find(5020, FIRST + 1, WITHIN_MS)).toBe(FIRST - 1);
  });

  test('is the latest, though an older one comes late', () => {
    const keyframe = noted();

    keyframe.note(5100, (FIRST - 20) as ExtendedSeq, 80_000);
    expect(keyframe.find(5100, FIRST + 1, WITHIN_MS)).toBe(FIRST);
    keyframe.note(5200, (FIRST + 30) as ExtendedSeq, 100_000);
    expect(keyframe.find(5400, FIRST + 31, WITHIN_MS)).toBe(FIRST + 30);
  });
});
