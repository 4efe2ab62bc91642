/** Everything that test code in a page can reach, as the global `kit`. The page loads this file as a module. */

import * as client from '@causeway/client';
import { waitUntil } from '@causeway/lab/wait-until';
import type { Channels } from './channels.ts';
import { DirectPeer } from './direct-peer.ts';
import { createLocalTrack } from './local-media.ts';
import { connectLoop } from './loop.ts';
import { type JoinRequest, Peer } from './peer.ts';
import { apiOf } from './sfu-api.ts';
import { readInbound, readOutbound } from './stream-stats.ts';

const peers = new Map<string, Peer>();
const directPeers = new Map<string, DirectPeer>();

const pageKit = {
  /** Opens a session, whose peer can be found by its name. */
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
  /** Creates one end of a connection to another page, which can be found by its name. */
  directPeer(name: string): DirectPeer {
    const peer = directPeers.get(name) ?? new DirectPeer();
    directPeers.set(name, peer);
    return peer;
  },
  /** The channels of a peer, or of an end of a direct connection. */
  channelsOf(name: string): Channels {
    return directPeers.get(name)?.channels ?? pageKit.peer(name).channels;
  },
  createPeer: (request: Pick<JoinRequest, 'access'>): Peer => new Peer(request.access),
  /** The client package, as users get it. */
  client,
  connectLoop,
  createLocalTrack,
  createSfuApi: apiOf,
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
