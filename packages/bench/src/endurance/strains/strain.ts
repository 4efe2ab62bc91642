import type { WatchedNode } from '../watched-node.ts';

/** A stress test of a node with a running call. */
export interface Strain {
  readonly name: string;
  readonly what: string;
  /** Options of the node, as environment variables. */
  readonly options?: () => Readonly<Record<string, string>>;
  /** Whether threads of the node that carry no media may run on the cores of the load, too. */
  readonly spreadsThreads?: boolean;
  /** Whether the call must not lose a packet. */
  readonly sparesOthers?: boolean;
  /** The bound for the 99th percentile of the call's latency. */
  readonly maxLatencyP99Ms?: number;
  /**
   * @param isShort whether to check only that the test works
   * @returns lines of results; a line that begins with `!` is a failure
   */
  exert(node: WatchedNode, isShort: boolean): Promise<readonly string[]>;
}
