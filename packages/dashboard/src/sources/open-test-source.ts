import type { LocalSource, PictureSize } from './local-source.ts';
import { openTestPicture } from './open-test-picture.ts';

/** @param label shown in the picture */
export function openTestSource(size: PictureSize, label: string): LocalSource {
  const picture = openTestPicture(size, label);
  const tone = openTestTone();
  return {
    kind: 'test-picture',
    tracks: [
      { track: picture.track, name: 'test-picture' },
      { track: tone.track, name: 'test-tone' },
    ],
    relabel: picture.relabel,
    stop: () => {
      picture.stop();
      tone.stop();
    },
  };
}

const PIP_HZ = 1_000;
const PIP_MS = 120;
/** -18 dB of full scale, the line-up level of European broadcasting (EBU R 68). */
const PIP_AMPLITUDE = 10 ** (-18 / 20);
const TONE_HZ = 250;
const TONE_AMPLITUDE = 10 ** (-46 / 20);
/** Long enough not to click, and short enough that the pip sounds sharp. */
const FADE_MS = 8;

export interface TestTone {
  readonly track: MediaStreamTrack;
  stop(): void;
}

export function openTestTone(): TestTone {
  const context = new AudioContext();
  const destination = context.createMediaStreamDestination();
  const loop = context.createBufferSource();
  loop.buffer = oneSecond(context);
  loop.loop = true;
  loop.connect(destination);
  // The loop starts at the present offset within the second, so that pips are on full seconds.
  loop.start(0, (Date.now() % 1000) / 1000);
  const track = destination.stream.getAudioTracks()[0];
  if (track === undefined) throw new Error('This browser cannot create an audio track.');
  return {
    track,
    stop: () => {
      track.stop();
      void context.close();
    },
  };
}

function oneSecond(context: AudioContext): AudioBuffer {
  const { sampleRate } = context;
  const buffer = context.createBuffer(1, sampleRate, sampleRate);
  const samples = buffer.getChannelData(0);
  for (let index = 0; index < samples.length; index++) {
    const atMs = (index * 1000) / sampleRate;
    const turn = (2 * Math.PI * index) / sampleRate;
    samples[index] = PIP_AMPLITUDE * pipEnvelope(atMs) * Math.sin(PIP_HZ * turn) + TONE_AMPLITUDE * Math.sin(TONE_HZ * turn);
  }
  return buffer;
}

function pipEnvelope(atMs: number): number {
  return Math.max(0, Math.min(atMs / FADE_MS, (PIP_MS - atMs) / FADE_MS, 1));
}
