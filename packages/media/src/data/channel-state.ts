/** What a data channel goes through, from our OPEN or the peer's until both ends have reset its streams. */
import type { DataChannelInfo } from './data-channel.ts';

/**
 * `waiting`: there is no association yet. `announced`: OPEN has been sent, and messages may follow it, but the ACK has not come. `closing`:
 * we have reset our side. `left`: the peer has reset its side, and we ours, which it has yet to confirm. `confirmed`: it has, but has yet
 * to reset its own.
 */
export type ChannelState = 'waiting' | 'announced' | 'open' | 'closing' | 'left' | 'confirmed';

export interface Channel {
  readonly info: DataChannelInfo;
  /** Without DCEP. */
  readonly isNegotiated: boolean;
  state: ChannelState;
}

/** Whether messages can be sent on it: they may follow our OPEN at once (RFC 8832 §6). */
export function isWritable({ state }: Channel): boolean {
  return state === 'open' || state === 'announced';
}

/** Whether neither end has begun to close it. */
export function isWanted(channel: Channel): boolean {
  return isWritable(channel) || channel.state === 'waiting';
}

/** A message must not overtake our OPEN, so until the peer has shown that it has that, all are ordered (RFC 8832 §6). */
export function isOrdered({ state }: Channel, { ordered }: { readonly ordered: boolean }): boolean {
  return ordered || state !== 'open';
}
