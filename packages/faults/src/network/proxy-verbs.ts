import type { AccessDirection, AccessRequest, LineState } from './access-network.ts';
import type { Impairment } from './impairment.ts';
import type { StreamImpairment } from './stream-proxy.ts';
import type { WireCount } from './wire-tally.ts';

/** Two proxies stand before a node: one before its links, one before its internal API. */
export interface ProxiedNode {
  readonly name: string;
  /** The node's UDP port: what it sends from is how it is told from others. */
  readonly udpPort: number;
  readonly linkProxyPort: number;
  readonly httpPort: number;
  readonly apiProxyPort: number;
}

/** What may be asked of the process that all links between nodes go through. */
export interface ProxyVerbs {
  open(request: { readonly nodes: readonly ProxiedNode[]; readonly seed: number }): Promise<void>;
  /** Changes both directions between two nodes, or between all. What is not named stays as it is. */
  impairLinks(request: { readonly between?: readonly [string, string]; readonly impairment: Partial<Impairment> }): void;
  /** Changes what calls to the node's internal API meet; of all nodes when none is named. */
  impairApi(request: { readonly node?: string; readonly impairment: StreamImpairment }): void;
  /** What the last call to the node's internal API was, byte for byte, as far as it came in one piece. */
  lastApiRequest(node: string): Uint8Array;
  /** Since the last call, by `from>to`. */
  takeTally(): Readonly<Record<string, WireCount>>;
  /** A proxy between clients and a UDP port, for both directions. */
  openAccess(request: AccessRequest): Promise<void>;
  /** Changes both directions, or the one that is named. */
  impairAccess(request: { readonly port: number; readonly impairment: Impairment; readonly direction?: AccessDirection }): void;
  readAccess(request: { readonly port: number; readonly direction: AccessDirection }): LineState;
  /** One more proxy before a TCP port that is no node's. */
  openStream(request: { readonly name: string; readonly port: number; readonly targetPort: number }): Promise<void>;
  impairStream(request: { readonly name: string; readonly impairment: StreamImpairment }): void;
}
