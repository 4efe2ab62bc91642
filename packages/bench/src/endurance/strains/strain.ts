import type { WatchedNode } from '../watched-node.ts';

/** Something that a node has to bear while a call runs on it. */
export interface Strain {
  readonly name: string;
  readonly what: string;
  /** Options of the node, as environment variables. */
  readonly options?: () => Readonly<Record<string, string>>;
  /** Whether the call must not lose a packet over it. */
  readonly sparesOthers?: boolean;
  /** @returns what happened, a line each; a line that begins with `!` is a failure */
  exert(node: WatchedNode): Promise<readonly string[]>;
}
