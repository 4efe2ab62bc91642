import type { PeerEndpoint } from './peer-endpoint.ts';

/** Live objects of one suite. When all endpoints are closed, every count is zero. */
export interface SecureCensus {
  readonly endpoints: number;
  /** Endpoints whose handshake has not ended. */
  readonly handshakes: number;
  /** SSRCs that peers are sent. */
  readonly outboundStreams: number;
  /** Pages of keystream made ahead that are lent to streams. */
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
