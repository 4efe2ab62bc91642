import { type IceCredentials, Path, type TransportPlan } from '@causeway/media';
import type { PacketRingWriter } from './packet-ring.ts';

/** A link between shards has no connectivity checks: its path is given to the engine. */
const NO_CREDENTIALS: IceCredentials = { ufrag: '', password: '' };

/** The transport of a link to another shard, the same on both sides: many tracks in plain RTP over memory. */
export function linkPlan(transportId: string): TransportPlan {
  return {
    transportId,
    local: NO_CREDENTIALS,
    remote: NO_CREDENTIALS,
    dtlsRole: 'server',
    remoteFingerprints: [],
    isLink: true,
    security: 'none',
  };
}

/** The path of a link to another shard: not an address but the memory that the other one reads. */
export class LinkPath extends Path {
  readonly outbound: PacketRingWriter;

  constructor(neighbourNo: number, outbound: PacketRingWriter) {
    // Shown in reports only: no datagram ever comes from port 0.
    super(`shard ${neighbourNo}`, 0);
    this.outbound = outbound;
  }
}
