/** One subscriber that joins a publisher, and what it received. */

import { apiOf, type SfuAccess } from '@causeway/e2e';
import { waitUntil } from '@causeway/lab';
import type { ClientName, InteropPeer, ReceivedMedia, RemoteTrack, VideoCodec } from '../clients/interop-client.ts';

export interface Join {
  readonly publisher: ClientName;
  readonly subscriber: ClientName;
  readonly codec: VideoCodec;
  readonly frames: number;
  readonly samples: number;
  /** What went wrong; undefined if the subscriber received enough in time. */
  readonly failure: string | undefined;
}

export type Outcome = Pick<Join, 'frames' | 'samples' | 'failure'>;

/** What a subscriber must receive by its own count: more than a second of audio and of video. */
const ENOUGH_FRAMES = 20;
const ENOUGH_SAMPLES = 60_000;
/** Long because aiortc ignores keyframe requests for H.264 and encodes one only every 17 s. */
const DEADLINE_MS = 30_000;

/** Waits until audio and video packets have arrived. A subscriber that joins after that is late and needs a new keyframe. */
export async function tracksOnAir(access: SfuAccess, sessionId: string): Promise<readonly RemoteTrack[]> {
  const api = apiOf(access);
  const tracks = await waitUntil(
    'picture and sound are on the air',
    () => api.listTracks(sessionId),
    (listed) => listed.filter(({ status }) => status === 'active').length === 2,
    DEADLINE_MS,
  );
  return tracks.map(({ trackId }) => ({ sessionId, trackId }));
}

/** Subscribes to a video and an audio track, and waits until enough of both has arrived. It never rejects; a failure is an outcome. */
export async function watch(peer: InteropPeer, tracks: readonly RemoteTrack[], codec: VideoCodec): Promise<Outcome> {
  let seen: readonly ReceivedMedia[] = [];
  try {
    const mids = await peer.subscribe(tracks);
    const read = async (): Promise<readonly ReceivedMedia[]> => {
      seen = (await peer.readReceived()).filter(({ mid }) => mids.includes(mid));
      return seen;
    };
    await waitUntil(`${ENOUGH_FRAMES} frames and ${ENOUGH_SAMPLES} samples came`, read, hasEnough, DEADLINE_MS);
    const wrong = seen.find((media) => media.kind === 'video' && media.codec.toUpperCase() !== codec);
    return { ...totals(seen), failure: wrong === undefined ? undefined : `came as ${wrong.codec}, not as ${codec}` };
  } catch (error) {
    const state = await peer.readState().catch(wordsOf);
    return { ...totals(seen), failure: `${wordsOf(error)}; the subscriber's connection is: ${state}` };
  }
}

function hasEnough(received: readonly ReceivedMedia[]): boolean {
  const { frames, samples } = totals(received);
  return frames >= ENOUGH_FRAMES && samples >= ENOUGH_SAMPLES;
}

function totals(received: readonly ReceivedMedia[]): Pick<Outcome, 'frames' | 'samples'> {
  return {
    frames: received.reduce((sum, { frames }) => sum + frames, 0),
    samples: received.reduce((sum, { samples }) => sum + samples, 0),
  };
}

/** The outcome of a join that failed before it subscribed. */
export function failedOutcome(error: unknown): Outcome {
  return { frames: 0, samples: 0, failure: wordsOf(error) };
}

export function hasSucceeded({ failure }: Join): boolean {
  return failure === undefined;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
