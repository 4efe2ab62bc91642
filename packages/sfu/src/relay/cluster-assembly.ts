import type { LinkTrust, NodeDirectory } from '../nodes/index.ts';
import type { LinkDownReason } from './links/link-state.ts';
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

/** Events of a node's links, for logs. */
export type LinkEvent =
  | { readonly type: 'link.up'; readonly nodeNo: number; readonly region: string; readonly version: number }
  /** Nothing has been received for two seconds; tracks take other routes if there are any. */
  | { readonly type: 'link.silent'; readonly nodeNo: number; readonly region: string }
  | { readonly type: 'link.heard'; readonly nodeNo: number; readonly region: string }
  | { readonly type: 'link.down'; readonly nodeNo: number; readonly region: string; readonly reason: LinkDownReason }
  /** The two nodes support no common version of the link protocol. */
  | { readonly type: 'link.refused'; readonly nodeNo: number; readonly region: string; readonly reason: string }
  /** This node has more links than fit into a message, so other nodes learn of only `told` of them. Written when that begins. */
  | { readonly type: 'link.untold'; readonly links: number; readonly told: number }
  /** A defect of the SFU that was caught at the edge of a relay. */
  | { readonly type: 'link.defect'; readonly error: unknown };
