/** Two clients that both publish and subscribe, each with one session: the SFU's offers go to a client that has sent offers of its own. */
import type { SfuAccess } from '@causeway/e2e';
import type { InteropClient, VideoCodec } from '../clients/interop-client.ts';
import { type Join, tracksOnAir, watch } from './join.ts';

export interface Call {
  readonly access: SfuAccess;
  readonly parties: readonly [InteropClient, InteropClient];
  readonly codec: VideoCodec;
}

/** @returns what the second saw of the first, and the first of the second @throws Error – one of them could not publish */
export async function runCall({ access, parties: [one, other], codec }: Call): Promise<[Join, Join]> {
  const peers = await Promise.all([one, other].map((client) => client.openPeer({ access, publish: codec, receive: [] })));
  const [onePeer, otherPeer] = peers as [(typeof peers)[number], (typeof peers)[number]];
  try {
    const [fromOne, fromOther] = await Promise.all([tracksOnAir(access, onePeer.sessionId), tracksOnAir(access, otherPeer.sessionId)]);
    const [seenByOther, seenByOne] = await Promise.all([watch(otherPeer, fromOne, codec), watch(onePeer, fromOther, codec)]);
    return [
      { publisher: one.name, subscriber: other.name, codec, ...seenByOther },
      { publisher: other.name, subscriber: one.name, codec, ...seenByOne },
    ];
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
  }
}
