/** Two clients that both publish and subscribe, each with one session, so that both sides of a session send offers. */
import type { SfuAccess } from '@causeway/e2e';
import type { InteropClient, InteropPeer, VideoCodec } from '../clients/interop-client.ts';
import { failedOutcome, type Join, type Outcome, tracksOnAir, watch } from './join.ts';

export interface Call {
  readonly access: SfuAccess;
  readonly parties: readonly [InteropClient, InteropClient];
  readonly codec: VideoCodec;
}

/** @returns what the second saw of the first, and the first of the second */
export async function runCall({ access, parties: [one, other], codec }: Call): Promise<[Join, Join]> {
  const joinsOf = (seenByOther: Outcome, seenByOne: Outcome): [Join, Join] => [
    { publisher: one.name, subscriber: other.name, codec, ...seenByOther },
    { publisher: other.name, subscriber: one.name, codec, ...seenByOne },
  ];
  const peers: InteropPeer[] = [];
  const openPeer = async (client: InteropClient): Promise<InteropPeer> => {
    const peer = await client.openPeer({ access, publish: codec, receive: [] });
    peers.push(peer);
    return peer;
  };
  try {
    const [onePeer, otherPeer] = await Promise.all([openPeer(one), openPeer(other)]);
    const [fromOne, fromOther] = await Promise.all([tracksOnAir(access, onePeer.sessionId), tracksOnAir(access, otherPeer.sessionId)]);
    return joinsOf(...(await Promise.all([watch(otherPeer, fromOne, codec), watch(onePeer, fromOther, codec)])));
  } catch (error) {
    return joinsOf(failedOutcome(error), failedOutcome(error));
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
  }
}
