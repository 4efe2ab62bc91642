import type { ControlMessage } from './control-messages.ts';
import type { LinkDownReason } from './link-state.ts';

/** The events of a link, in order. */
export interface LinkListener<Link> {
  /** The link can carry tracks and messages. It has no state from before. */
  onLinkUp(link: Link): void;
  /** Nothing has arrived for two seconds; the state of both ends is kept. */
  onLinkSilent(link: Link): void;
  /** The silence is over. */
  onLinkHeard(link: Link): void;
  /** The transport is gone, and its tracks and subscriptions are gone from the engine. Reported only for a link that was up. */
  onLinkDown(link: Link, transportId: string, reason: LinkDownReason): void;
  onLinkMessage(link: Link, message: ControlMessage): void;
  /** The state changed, for logs and reports. */
  onLinkState(link: Link): void;
}
