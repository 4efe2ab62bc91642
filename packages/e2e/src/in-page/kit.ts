/** Everything that test code in a page can reach, as the global `kit`. The page loads this file as a module. */
import { waitUntil } from '../wait-until.ts';
import { createLocalTrack } from './local-media.ts';
import { connectLoop } from './loop.ts';
import { type JoinRequest, Peer } from './peer.ts';
import { createSfuApi } from './sfu-api.ts';
import { readInbound, readOutbound } from './stream-stats.ts';

const peers = new Map<string, Peer>();

const pageKit = {
  /** Opens a session; the peer is found again under its name. */
  async join(name: string, request: JoinRequest): Promise<Peer> {
    const peer = new Peer(request.access);
    peers.set(name, peer);
    await peer.join(request);
    return peer;
  },
  /** @throws Error – no peer of this page has the name */
  peer(name: string): Peer {
    const peer = peers.get(name);
    if (peer === undefined) throw new Error(`no peer "${name}" in this page; there are: ${[...peers.keys()].join(', ')}`);
    return peer;
  },
  createPeer: (request: Pick<JoinRequest, 'access'>): Peer => new Peer(request.access),
  connectLoop,
  createLocalTrack,
  createSfuApi,
  readInbound,
  readOutbound,
  waitUntil,
} as const;

export type Kit = typeof pageKit;

declare global {
  // A global that scripts see must be a `var`.
  var kit: Kit;
}

globalThis.kit = pageKit;
