import type { LinkTrust, NodeIdentity, NodeRecord } from '../../../src/nodes/index.ts';
import { LINK_VERSIONS } from '../../../src/relay/links/control-messages.ts';

export function nodeRecord(nodeNo: number, changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    nodeNo,
    epoch: 1,
    region: `region-${nodeNo}`,
    location: undefined,
    apiUrl: `http://127.0.0.1:${8000 + nodeNo}`,
    linkAddresses: [{ address: '127.0.0.1', port: 9000 + nodeNo }],
    fingerprint: { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') },
    linkVersions: LINK_VERSIONS,
    softwareVersion: '0.1.0',
    state: 'serving',
    load: 0,
    ...changes,
  };
}

/** Credentials that both ends work out alike, as the cluster key lets them. */
export const openTrust: LinkTrust = {
  credentials(initiator, acceptor) {
    const pair = `${nameOf(initiator)}to${nameOf(acceptor)}`;
    return {
      initiator: { ufrag: `aa${pair}i`, password: `initiator-of-${pair}-has-a-password` },
      acceptor: { ufrag: `aa${pair}a`, password: `acceptor-of-${pair}-has-a-password` },
    };
  },
};

function nameOf({ nodeNo, epoch }: NodeIdentity): string {
  return `n${nodeNo}e${epoch}`;
}
