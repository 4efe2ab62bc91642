import type { IceCredentials, TransportPlan } from '@causeway/media';

/** Nobody can check a link between shards: its path is given to the engine. */
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
