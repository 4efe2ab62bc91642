import type { ControlMessage } from './control-messages.ts';
import type { LinkDownReason } from './link-state.ts';

/** What a link tells; in the order in which it happened. */
export interface LinkListener<Link> {
  /** Tracks and messages may be sent. Nothing that was before on this link is left. */
  onLinkUp(link: Link): void;
  /** Nothing has come for two seconds; what was agreed stays. */
  onLinkSilent(link: Link): void;
  /** The silence is over. */
  onLinkHeard(link: Link): void;
  /** The transport is gone, and its tracks and subscriptions are gone from the engine. Told only of a link that was up. */
  onLinkDown(link: Link, transportId: string, reason: LinkDownReason): void;
  onLinkMessage(link: Link, message: ControlMessage): void;
  /** The state changed, for logs and reports. */
  onLinkState(link: Link): void;
}
