/** Plays what one media line of a peer connection receives, and records the times of its events and first frame. */
import { readPicture, type SeenPicture } from './picture.ts';
import { type HeardTone, listenForTones } from './tone.ts';

/** A frame that was presented. */
export interface FrameArrival {
  /** The publisher's timestamp: 32 bits, at 90 kHz. */
  readonly rtpTimestamp: number;
  /** When its last packet arrived, by `performance.now()`. */
  readonly completeAtMs: number;
}

export interface Reception {
  readonly track: MediaStreamTrack;
  /** The events `mute`, `unmute` and `ended`, in order. */
  readonly events: readonly string[];
  /** Resolves with `performance.now()` of the next frame that is presented. */
  nextFrame(): Promise<number>;
  /** Resolves with the frames that are presented within so many seconds from now. */
  recordFrames(seconds: number): Promise<readonly FrameArrival[]>;
  readPicture(): SeenPicture | undefined;
  readTones(): HeardTone;
}

/** Plays a received track in a hidden, silent element. */
export function startReception(track: MediaStreamTrack): Reception {
  const events: string[] = [];
  for (const type of ['mute', 'unmute', 'ended']) track.addEventListener(type, () => events.push(type));
  const video = track.kind === 'video' ? playVideo(track) : undefined;
  if (track.kind === 'audio') playSilently(track);
  let readTones: (() => HeardTone) | undefined;
  return {
    track,
    events,
    nextFrame: () =>
      new Promise((resolve, reject) => {
        if (video === undefined) reject(new Error('audio has no frames'));
        else video.requestVideoFrameCallback((now) => resolve(now));
      }),
    recordFrames: (seconds) => recordFrames(video, seconds),
    readPicture: () => (video === undefined ? undefined : readPicture(video)),
    readTones: () => {
      readTones ??= listenForTones(track);
      return readTones();
    },
  };
}

async function recordFrames(video: HTMLVideoElement | undefined, seconds: number): Promise<readonly FrameArrival[]> {
  if (video === undefined) throw new Error('audio has no frames');
  const frames: FrameArrival[] = [];
  let isOver = false;
  const record: VideoFrameRequestCallback = (_now, { rtpTimestamp, receiveTime }) => {
    if (rtpTimestamp !== undefined && receiveTime !== undefined) frames.push({ rtpTimestamp, completeAtMs: receiveTime });
    if (!isOver) video.requestVideoFrameCallback(record);
  };
  video.requestVideoFrameCallback(record);
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  isOver = true;
  return frames;
}

function playVideo(track: MediaStreamTrack): HTMLVideoElement {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.autoplay = true;
  video.srcObject = new MediaStream([track]);
  document.body.append(video);
  return video;
}

/** Chromium decodes received audio, also for Web Audio, only while an element plays it. */
function playSilently(track: MediaStreamTrack): void {
  const audio = new Audio();
  audio.muted = true;
  audio.srcObject = new MediaStream([track]);
  void audio.play();
}
