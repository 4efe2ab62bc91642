import { WatchedStream } from '@causeway/faults';
import { writeAudioPayload, writeVideoPayload } from '@causeway/loadtest';

function video(counter: number, isKeyframe = false): Uint8Array {
  const payload = new Uint8Array(200);
  writeVideoPayload(payload, { counter, sentAtMs: 0, isKeyframe });
  return payload;
}

function audio(counter: number): Uint8Array {
  const payload = new Uint8Array(60);
  writeAudioPayload(payload, counter);
  return payload;
}

/** A frame has eight packets. */
function takeFrame(stream: WatchedStream, frame: number, nowMs: number, { isKeyframe = false, without = -1 } = {}): void {
  for (let place = 0; place < 8; place++) if (place !== without) stream.take(video(8 * frame + place, isKeyframe && place === 0), nowMs);
}

describe('a video that is watched', () => {
  it('moves when a keyframe has come whole', () => {
    const stream = new WatchedStream('camera', 'video');
    takeFrame(stream, 0, 10);
    expect(stream.figures(10).movingAfterMs).toBeNull();
    takeFrame(stream, 1, 20, { isKeyframe: true });

    expect(stream.figures(30)).toMatchObject({ kind: 'video', trackId: 'camera', received: 16, movingAfterMs: 20 });
  });

  it('stands still after a loss until the next keyframe, and wants one, not more often than browsers do', () => {
    const stream = new WatchedStream('camera', 'video');
    takeFrame(stream, 0, 1_000, { isKeyframe: true });
    expect(stream.takeKeyframeWish(1_000)).toBe(false);
    takeFrame(stream, 1, 1_100, { without: 3 });
    stream.awaitMovement(1_200);
    takeFrame(stream, 2, 1_300);

    expect([1_300, 1_400, 1_799, 1_800].map((nowMs) => stream.takeKeyframeWish(nowMs))).toEqual([true, false, false, true]);
    expect(stream.figures(1_800).movingAfterMs).toBeNull();
    takeFrame(stream, 3, 1_900, { isKeyframe: true });
    expect(stream.figures(1_900).movingAfterMs).toBe(700);
    expect(stream.takeKeyframeWish(9_000)).toBe(false);
  });

  it('goes on moving when what is awaited is only the next frame', () => {
    const stream = new WatchedStream('camera', 'video');
    takeFrame(stream, 0, 0, { isKeyframe: true });
    stream.awaitMovement(100);
    takeFrame(stream, 1, 130);

    expect(stream.figures(130).movingAfterMs).toBe(30);
  });

  it('is not missing what was sent before its first packet', () => {
    const stream = new WatchedStream('camera', 'video');
    takeFrame(stream, 5, 10, { isKeyframe: true });
    takeFrame(stream, 6, 20, { without: 0 });

    expect(stream.figures(20)).toMatchObject({ windowFrom: 40, received: 15 });
  });

  it('says that a packet was changed', () => {
    const damaged = video(4);
    damaged[150]! ^= 1;

    expect(new WatchedStream('camera', 'video').take(damaged, 0)).toBe(false);
    expect(new WatchedStream('camera', 'video').take(audio(4), 0)).toBe(false);
  });
});

describe('audio that is listened to', () => {
  it('is heard with its next packet, whatever was lost, and never wants a keyframe', () => {
    const stream = new WatchedStream('microphone', 'audio');
    stream.take(audio(0), 0);
    stream.beginWindow(100);
    stream.take(audio(7), 120);

    expect(stream.takeKeyframeWish(5_000)).toBe(false);
    expect(stream.figures(200)).toMatchObject({ windowFrom: 1, received: 1, longestGapMs: 120, movingAfterMs: 20 });
  });
});
