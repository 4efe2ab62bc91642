import type { LinkTrust, NodeDirectory } from '../nodes/index.ts';
import type { LinkEvent } from './link-event.ts';
import type { RelayPrice } from './path/link-state-teller.ts';

/** The parts that make a node a member of a cluster. */
export interface ClusterAssembly {
  /** The other nodes, and this one. */
  readonly directory: NodeDirectory;
  readonly trust: LinkTrust;
  /** The number of neighbours to which this node sends one track; further nodes receive it from those. Default 16. */
  readonly maxFanOut?: number;
  /** Prices of traffic between regions, in one currency. Default: none. */
  readonly prices?: readonly RelayPrice[];
  readonly onLinkEvent?: (event: LinkEvent) => void;
}
