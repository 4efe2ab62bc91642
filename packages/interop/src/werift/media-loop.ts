/** Plays encoded media in a loop on a track of werift, which has no encoders. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { EncodedTrack } from '@causeway/client/node';
import type { SentMedia } from '../clients/client-verbs.ts';

export interface MediaLoop {
  /** Continues with the first frame, which is a keyframe, as an encoder responds to a keyframe request. */
  startOver(): void;
  stop(): void;
}

interface Fixture {
  readonly clockHz: number;
  readonly ticksPerFrame: number;
  /** Base64. */
  readonly frames: readonly string[];
}

const FIXTURE_FOLDER = resolve(import.meta.dirname, '../../fixtures');

/** Plays at the pace of the fixture until it is stopped. werift drops packets until it is connected. */
export function startMediaLoop(track: EncodedTrack, codec: SentMedia['codec']): MediaLoop {
  const { clockHz, ticksPerFrame, frames } = readFixture(codec);
  const encoded = frames.map((frame) => Buffer.from(frame, 'base64'));
  const startedAtMs = performance.now();
  let position = 0;
  let sentFrames = 0;
  const timer = setInterval(() => {
    const dueFrames = ((performance.now() - startedAtMs) * clockHz) / (1000 * ticksPerFrame);
    for (; sentFrames < dueFrames; sentFrames += 1) {
      const frame = encoded[position % encoded.length] ?? Buffer.alloc(0);
      position += 1;
      track.send(frame, sentFrames * ticksPerFrame);
    }
  }, 5);
  return {
    startOver: () => {
      position = 0;
    },
    stop: () => clearInterval(timer),
  };
}

function readFixture(codec: SentMedia['codec']): Fixture {
  return JSON.parse(readFileSync(resolve(FIXTURE_FOLDER, `${codec.toLowerCase()}.json`), 'utf8')) as Fixture;
}
