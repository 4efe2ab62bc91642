import type { AccessDirection, AccessRequest, LineState } from './access-network.ts';
import type { Impairment } from './impairment.ts';
import type { StreamImpairment } from './stream-proxy.ts';
import type { WireCount } from './wire-tally.ts';

/** A node behind two proxies: one in front of its links, and one in front of its internal API. */
export interface ProxiedNode {
  readonly name: string;
  /** The node's UDP port. Since the node sends from this port, it identifies the node. */
  readonly udpPort: number;
  readonly linkProxyPort: number;
  readonly httpPort: number;
  readonly apiProxyPort: number;
}

/** The verbs of the process through which all links between nodes pass. */
export interface ProxyVerbs {
  open(request: { readonly nodes: readonly ProxiedNode[]; readonly seed: number }): Promise<void>;
  /** Changes both directions between two nodes, or between all. Properties that are not given stay as they are. */
  impairLinks(request: { readonly between?: readonly [string, string]; readonly impairment: Partial<Impairment> }): void;
  /** Changes what calls to the internal API of one node meet, or of all nodes if none is named. */
  impairApi(request: { readonly node?: string; readonly impairment: StreamImpairment }): void;
  /** Returns the last call to the node's internal API byte for byte, as far as it arrived in one piece. */
  lastApiRequest(node: string): Uint8Array;
  /** Returns the counts since the last call of this, by `from>to`. */
  takeTally(): Readonly<Record<string, WireCount>>;
  /** Opens a proxy between clients and a UDP port, for both directions. */
  openAccess(request: AccessRequest): Promise<void>;
  /** Changes the named direction, or both. */
  impairAccess(request: { readonly port: number; readonly impairment: Impairment; readonly direction?: AccessDirection }): void;
  readAccess(request: { readonly port: number; readonly direction: AccessDirection }): LineState;
  /** Opens a proxy in front of a TCP port that does not belong to a node. */
  openStream(request: { readonly name: string; readonly port: number; readonly targetPort: number }): Promise<void>;
  impairStream(request: { readonly name: string; readonly impairment: StreamImpairment }): void;
}
