import { type IceCredentials, Path, type TransportPlan } from '@causeway/media';
import type { PacketRingWriter } from './packet-ring.ts';

/** A link between shards has no connectivity checks, because the engine is given its path. */
const NO_CREDENTIALS: IceCredentials = { ufrag: '', password: '' };

/** Returns the transport of a link to another shard, the same on both sides: many tracks in plain RTP over shared memory. */
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

/** The path of a link to another shard, which is not an address but the memory that the other shard reads. */
export class LinkPath extends Path {
  readonly outbound: PacketRingWriter;

  constructor(neighbourNo: number, outbound: PacketRingWriter) {
    // This is only displayed in reports; no datagram ever comes from port 0.
    super(`shard ${neighbourNo}`, 0);
    this.outbound = outbound;
  }
}
