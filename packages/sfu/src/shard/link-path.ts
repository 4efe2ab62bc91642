import { Path } from '@causeway/media';
import type { PacketRingWriter } from './packet-ring.ts';

/** The path of a link to another shard: not an address but the memory that the other one reads. */
export class LinkPath extends Path {
  readonly outbound: PacketRingWriter;

  constructor(neighbourNo: number, outbound: PacketRingWriter) {
    // Shown in reports only: no datagram ever comes from port 0.
    super(`shard ${neighbourNo}`, 0);
    this.outbound = outbound;
  }
}
