/** Encoded media that goes round and round on a track of werift, which has no encoders. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { EncodedTrack } from '@causeway/client/node';
import type { SentMedia } from '../clients/client-verbs.ts';

export interface MediaLoop {
  /** Goes on with the first frame, which is a keyframe: what an encoder does when it is asked for one. */
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

/** Plays for as long as it is not stopped, at the pace of the fixture; werift drops what comes before it is connected. */
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
