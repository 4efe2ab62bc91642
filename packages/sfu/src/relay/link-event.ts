import type { LinkDownReason } from './links/link-state.ts';

/** What happens to the links of a node, for logs. */
export type LinkEvent =
  | { readonly type: 'link.up'; readonly nodeNo: number; readonly region: string; readonly version: number }
  /** Nothing has been heard for two seconds; tracks take other routes if there are any. */
  | { readonly type: 'link.silent'; readonly nodeNo: number; readonly region: string }
  | { readonly type: 'link.heard'; readonly nodeNo: number; readonly region: string }
  | { readonly type: 'link.down'; readonly nodeNo: number; readonly region: string; readonly reason: LinkDownReason }
  /** The two nodes have no version of the link protocol in common. */
  | { readonly type: 'link.refused'; readonly nodeNo: number; readonly region: string; readonly reason: string }
  /** A bug of ours, caught at the edge of a relay. */
  | { readonly type: 'link.defect'; readonly error: unknown };
