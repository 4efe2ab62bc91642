/** The states of a data channel, from the OPEN of either end until both ends have reset its streams. */
import type { DataChannelInfo } from './data-channel.ts';

/**
 * - `waiting`: there is no association yet.
 * - `announced`: OPEN was sent, and messages may follow it, but its ACK has not arrived.
 * - `closing`: our side has been reset.
 * - `left`: the peer has reset its side and we ours, but the peer has not confirmed ours yet.
 * - `confirmed`: the peer has confirmed our reset, but has not reset its own side yet.
 */
export type ChannelState = 'waiting' | 'announced' | 'open' | 'closing' | 'left' | 'confirmed';

export interface Channel {
  readonly info: DataChannelInfo;
  /** Whether the channel was set up without DCEP. */
  readonly isNegotiated: boolean;
  state: ChannelState;
}

/** Whether messages can be sent on the channel. They may follow our OPEN immediately (RFC 8832 §6). */
export function isWritable({ state }: Channel): boolean {
  return state === 'open' || state === 'announced';
}

/** Whether neither end has started to close the channel. */
export function isWanted(channel: Channel): boolean {
  return isWritable(channel) || channel.state === 'waiting';
}

/**
 * Whether a message has to be sent in order. Until the peer has confirmed our OPEN all messages are ordered, since none may overtake it
 * (RFC 8832 §6).
 */
export function isOrdered({ state }: Channel, { ordered }: { readonly ordered: boolean }): boolean {
  return ordered || state !== 'open';
}
