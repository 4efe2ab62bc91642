/** A round of the matrix: one publisher and all its subscribers. */
import type { SfuAccess } from '@causeway/e2e';
import type { InteropClient, InteropPeer, RemoteTrack, VideoCodec } from '../clients/interop-client.ts';
import { failedOutcome, type Join, type Outcome, tracksOnAir, watch } from './join.ts';

export interface Round {
  readonly access: SfuAccess;
  readonly publisher: InteropClient;
  readonly codec: VideoCodec;
  /** They all join at once, each with its own session. */
  readonly subscribers: readonly InteropClient[];
}

/** Publishes again, waits until packets arrive, and lets the subscribers join. @returns one join for each subscriber, in order */
export async function runRound({ access, publisher, codec, subscribers }: Round): Promise<Join[]> {
  const joinOf = (subscriber: InteropClient, outcome: Outcome): Join => {
    return { publisher: publisher.name, subscriber: subscriber.name, codec, ...outcome };
  };
  let source: InteropPeer | undefined;
  try {
    source = await publisher.openPeer({ access, publish: codec, receive: [] });
    const tracks = await tracksOnAir(access, source.sessionId);
    return await Promise.all(
      subscribers.map(async (subscriber) => joinOf(subscriber, await joinAndLeave(subscriber, access, tracks, codec))),
    );
  } catch (error) {
    return subscribers.map((subscriber) => joinOf(subscriber, failedOutcome(error)));
  } finally {
    await source?.close();
  }
}

async function joinAndLeave(
  subscriber: InteropClient,
  access: SfuAccess,
  tracks: readonly RemoteTrack[],
  codec: VideoCodec,
): Promise<Outcome> {
  try {
    const peer = await subscriber.openPeer({ access, receive: ['video', 'audio'] });
    const outcome = await watch(peer, tracks, codec);
    await peer.close();
    return outcome;
  } catch (error) {
    return failedOutcome(error);
  }
}
