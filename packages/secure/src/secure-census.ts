import type { PeerEndpoint } from './peer-endpoint.ts';

/** Live objects of one suite. When all endpoints are closed, every count is zero. */
export interface SecureCensus {
  readonly endpoints: number;
  /** Endpoints whose handshake has not ended. */
  readonly handshakes: number;
  /** SSRCs that packets are sent under. */
  readonly outboundStreams: number;
  /** Pages that hold keystream for future packets of streams. */
  readonly keystreamPages: number;
}

export function countEndpoints(endpoints: ReadonlySet<PeerEndpoint>): Omit<SecureCensus, 'keystreamPages'> {
  let handshakes = 0;
  let outboundStreams = 0;
  for (const endpoint of endpoints) {
    if (!endpoint.isConnected) handshakes++;
    outboundStreams += endpoint.outboundStreamCount;
  }
  return { endpoints: endpoints.size, handshakes, outboundStreams };
}
