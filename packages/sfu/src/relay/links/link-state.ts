import type { ControlMessage } from './control-messages.ts';

/** The state of a link to another node. */
export type LinkState =
  /** There is no transport until the next attempt. */
  | { readonly type: 'waiting'; readonly why: LinkDownReason }
  /** ICE, DTLS and the control channel are being established. */
  | { readonly type: 'connecting'; readonly transportId: string; readonly sinceMs: number }
  /** The channel is open and this node's `hello` is sent. */
  | { readonly type: 'greeting'; readonly transportId: string; readonly streamId: number; readonly sinceMs: number }
  | { readonly type: 'up'; readonly transportId: string; readonly streamId: number; readonly version: number; readonly sinceMs: number }
  /** The link was up, and nothing has arrived for a while. It may recover without loss of state. */
  | { readonly type: 'silent'; readonly transportId: string; readonly streamId: number; readonly version: number; readonly sinceMs: number }
  /** The two nodes support no common version of the control protocol. The link is tried again when the other node's record changes. */
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'closed' };

/** Why a transport was given up, for logs and reports. */
export type LinkDownReason =
  | 'not-tried'
  | 'not-connected'
  | 'no-greeting'
  | 'wrong-identity'
  | 'incompatible'
  | 'silent'
  | 'transport-closed'
  | 'lost-by-peer'
  | 'channel-closed'
  | 'message-lost'
  | 'too-much-to-say'
  /** The numbers for legs are exhausted, so further legs need a new transport with new keys. */
  | 'numbers-used-up'
  | 'malformed'
  | 'defect'
  | 'node-gone'
  | 'shutting-down';

/** @returns undefined if the state has no transport */
export function transportIdOf(state: LinkState): string | undefined {
  return 'transportId' in state ? state.transportId : undefined;
}

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
