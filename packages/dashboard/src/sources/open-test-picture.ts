import type { PictureSize } from './local-source.ts';
import { paintTestPicture } from './paint-test-picture.ts';

export interface TestPicture {
  readonly track: MediaStreamTrack;
  relabel(label: string): void;
  stop(): void;
}

type VideoTrackWriter = MediaStreamTrack & { readonly writable: WritableStream<VideoFrame> };
type VideoTrackWriterConstructor = new (init: { kind: 'video' }) => VideoTrackWriter;

const FRAMES_PER_SECOND = 30;

/** Drawn by a worker if the browser can take frames from one (Chromium), otherwise on the page while it is visible. */
export function openTestPicture(size: PictureSize, label: string): TestPicture {
  const { MediaStreamTrackGenerator } = globalThis as { MediaStreamTrackGenerator?: VideoTrackWriterConstructor };
  if (MediaStreamTrackGenerator === undefined) return paintOnPage(size, label);
  return paintInWorker(new MediaStreamTrackGenerator({ kind: 'video' }), size, label);
}

function paintInWorker(track: VideoTrackWriter, size: PictureSize, label: string): TestPicture {
  const worker = new Worker(new URL('./test-picture.worker.ts', import.meta.url), { type: 'module' });
  const { writable } = track;
  const start: TestPictureOrder = { order: 'start', writable, ...size, framesPerSecond: FRAMES_PER_SECOND, label };
  worker.postMessage(start, [writable]);
  return {
    track,
    relabel: (label) => worker.postMessage({ order: 'relabel', label } satisfies TestPictureOrder),
    stop: () => {
      track.stop();
      worker.terminate();
    },
  };
}

function paintOnPage({ widthPixels, heightPixels }: PictureSize, firstLabel: string): TestPicture {
  const canvas = document.createElement('canvas');
  canvas.width = widthPixels;
  canvas.height = heightPixels;
  const context = canvas.getContext('2d', { alpha: false });
  const track = canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks()[0];
  if (context === null || track === undefined) throw new Error('This browser cannot create a video track from a canvas.');

  let label = firstLabel;
  const paint = () => paintTestPicture(context, { widthPixels, heightPixels, wallClockMs: Date.now(), label });
  const timer = setInterval(paint, 1000 / FRAMES_PER_SECOND);
  return {
    track,
    relabel: (next) => {
      label = next;
    },
    stop: () => {
      clearInterval(timer);
      track.stop();
    },
  };
}

/** The messages from the page to the worker that draws the test picture. */
export type TestPictureOrder =
  | {
      readonly order: 'start';
      /** Receives the frames; the worker owns it from now on. */
      readonly writable: WritableStream<VideoFrame>;
      readonly widthPixels: number;
      readonly heightPixels: number;
      readonly framesPerSecond: number;
      readonly label: string;
    }
  | { readonly order: 'relabel'; readonly label: string };
