/** Nodes of a cluster and what they announce, without media. */
import { createOwnApps } from '@causeway/accounts';
import { type Cluster, createCluster } from '@causeway/cluster';
import { createNodeClock, type NodeRecord, type SessionRecord, type TrackRecord } from '@causeway/sfu';

export const BENCH_APP = 'bench';

export function joinCluster(nodeNo: number, redisUrl: string): Promise<Cluster> {
  const self: Omit<NodeRecord, 'epoch' | 'state' | 'load'> = {
    nodeNo,
    region: 'bench',
    location: undefined,
    apiUrl: `http://127.0.0.1:${nodeNo}`,
    linkAddresses: [{ address: '127.0.0.1', port: nodeNo }],
    fingerprint: { algorithm: 'sha-256', value: 'AA' },
    linkVersions: { min: 1, max: 1 },
    softwareVersion: 'bench',
  };
  return createCluster({
    redisUrl,
    clusterKey: 'the key of a cluster that lives for a minute',
    self,
    isMediaAlive: () => true,
    apps: createOwnApps([]),
    clock: createNodeClock(),
    onSuperseded: () => {},
  });
}

export function sessionIdOf(nodeNo: number, number: number): string {
  return `session-${nodeNo}-00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export function sessionRecord(sessionId: string): SessionRecord {
  return { appId: BENCH_APP, sessionId, metadata: '{"name":"somebody"}', connectionState: 'connected', createdAtMs: Date.now() };
}

/** A camera as a browser publishes it: simulcast, three codecs, and the usual header extensions. */
export function trackRecord(sessionId: string): TrackRecord {
  return {
    appId: BENCH_APP,
    sessionId,
    trackId: 'camera',
    aliases: ['8a1f2f3e-5b0e-4d0a-9b59-7a1f6f0a2f11'],
    customTrackName: 'camera',
    mid: '1',
    kind: 'video',
    status: 'active',
    isHidden: false,
    publicationId: `${sessionId}/1`,
    codecs: ['vp8', 'vp9', 'h264'].map((name) => ({ name, clockRateHz: 90_000, channels: 1, fmtp: '' })),
    extensionUris: ['urn:ietf:params:rtp-hdrext:sdes:mid', 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time'],
    rids: ['q', 'h', 'f'],
  };
}
