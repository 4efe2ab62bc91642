import type { WatchedNode } from '../watched-node.ts';

/** Something that a node has to bear while a call runs on it. */
export interface Strain {
  readonly name: string;
  readonly what: string;
  /** Options of the node, as environment variables. */
  readonly options?: () => Readonly<Record<string, string>>;
  /** Whether the call must not lose a packet over it. */
  readonly sparesOthers?: boolean;
  /** What the latency of the call may be, but for one packet in a hundred. */
  readonly maxLatencyP99Ms?: number;
  /**
   * @param isShort whether it is only to be found out that all of it works
   * @returns what happened, a line each; a line that begins with `!` is a failure
   */
  exert(node: WatchedNode, isShort: boolean): Promise<readonly string[]>;
}
