import type { ClusterStatistics } from '@causeway/cluster';
import type { NodeState } from '@causeway/sfu';
import type { Membership } from '../daemon/join-cluster.ts';
import type { AssertionRefusal } from '../forwarding/assertion-desk.ts';
import type { PassedCallOutcome } from '../forwarding/call-forwarder.ts';

/** What a node sees of its cluster. */
export interface ClusterInspection extends ClusterStatistics {
  /** Live nodes as last known, this one included. */
  readonly nodes: Readonly<Record<NodeState, number>>;
  readonly assertionsRefused: Readonly<Record<AssertionRefusal, number>>;
  readonly callsPassedOn: Readonly<Record<PassedCallOutcome, number>>;
}

export function inspectMembership({ cluster, calls }: Pick<Membership, 'cluster' | 'calls'>): ClusterInspection {
  const { self, others } = cluster.directory;
  const nodes = { serving: 0, stressed: 0, draining: 0 };
  for (const { state } of [self, ...others]) nodes[state]++;
  return { ...cluster.statistics, nodes, assertionsRefused: calls.desk.refused, callsPassedOn: calls.forwarder.outcomes };
}
