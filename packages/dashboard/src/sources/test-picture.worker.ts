/** Draws the test picture in a worker, because a browser slows the timers of a page in the background but not those of a worker. */
import type { TestPictureOrder } from './open-test-picture.ts';
import { paintTestPicture } from './paint-test-picture.ts';

let label = '';

self.addEventListener('message', ({ data }: MessageEvent<TestPictureOrder>) => {
  label = data.label;
  if (data.order === 'start') start(data);
});

function start({ writable, widthPixels, heightPixels, framesPerSecond }: Extract<TestPictureOrder, { order: 'start' }>): void {
  const canvas = new OffscreenCanvas(widthPixels, heightPixels);
  const context = canvas.getContext('2d', { alpha: false });
  const writer = writable.getWriter();
  if (context === null) throw new Error('This browser cannot paint outside of a page.');

  setInterval(() => {
    // If the encoder is behind, this frame is skipped, because the next one will be newer.
    if ((writer.desiredSize ?? 0) <= 0) return;
    const wallClockMs = Date.now();
    paintTestPicture(context, { widthPixels, heightPixels, wallClockMs, label });
    const frame = new VideoFrame(canvas, { timestamp: Math.round(performance.now() * 1000) });
    writer.write(frame).catch(() => frame.close());
  }, 1000 / framesPerSecond);
}
