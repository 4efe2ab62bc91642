import type { LinkTrust, NodeDirectory } from '../nodes/index.ts';
import type { LinkEvent } from './link-event.ts';
import type { RelayPrice } from './path/link-state-teller.ts';

/** The parts that make a node a member of a cluster. */
export interface ClusterAssembly {
  /** The other nodes, and this one. */
  readonly directory: NodeDirectory;
  readonly trust: LinkTrust;
  /** To how many neighbours this node passes one track on; further nodes get it from those. Default 16. */
  readonly maxFanOut?: number;
  /** What traffic between regions costs, in one currency. Default: nothing. */
  readonly prices?: readonly RelayPrice[];
  readonly onLinkEvent?: (event: LinkEvent) => void;
}
