import type { LinkTrust, NodeDirectory } from '../nodes/index.ts';
import type { LinkEvent } from './link-event.ts';
import type { RelayPrice } from './path/link-state-teller.ts';

/** What makes a node one of many. */
export interface ClusterAssembly {
  /** Who else is there, and who this node is. */
  readonly directory: NodeDirectory;
  readonly trust: LinkTrust;
  /** To how many neighbours this node passes one track on; from there on they do it for each other. Default 16. */
  readonly maxFanOut?: number;
  /** What traffic between regions costs, all in one currency. Default: nothing. */
  readonly prices?: readonly RelayPrice[];
  readonly onLinkEvent?: (event: LinkEvent) => void;
}
