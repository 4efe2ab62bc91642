import type { ControlMessage } from './control-messages.ts';
import type { LinkDownReason } from './link-state.ts';
import type { NodeLink } from './node-link.ts';

/** What a link tells; in the order in which it happened. */
export interface LinkListener {
  /** Tracks and messages may be sent. Nothing that was before on this link is left. */
  onLinkUp(link: NodeLink): void;
  /** Nothing has come for two seconds; what was agreed stays. */
  onLinkSilent(link: NodeLink): void;
  /** The silence is over. */
  onLinkHeard(link: NodeLink): void;
  /** The transport is gone, and its tracks and subscriptions are gone from the engine. Told only of a link that was up. */
  onLinkDown(link: NodeLink, transportId: string, reason: LinkDownReason): void;
  onLinkMessage(link: NodeLink, message: ControlMessage): void;
  /** The state changed, for logs and reports. */
  onLinkState(link: NodeLink): void;
}
