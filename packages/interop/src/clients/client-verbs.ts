/** The commands for a client in its own process: each verb with its arguments and its result, as JSON. */
import type { MadeMessage, SeenMessage } from '@causeway/e2e';
import type { TrackKind } from '@causeway/protocol';
import type { ChannelRequest, ReceivedMedia, VideoCodec } from './interop-client.ts';

export interface ClientVerbs {
  describe: { arguments: Record<never, never>; result: { readonly version: string; readonly videoCodecs: readonly VideoCodec[] } };
  /** Creates a peer connection named `peer`. @returns its offer, with all candidates gathered */
  open: {
    arguments: {
      readonly peer: string;
      readonly send: readonly SentMedia[];
      readonly receive: readonly TrackKind[];
      /** Data channels that the first offer opens. */
      readonly channels?: readonly ChannelRequest[];
    };
    result: { readonly sdp: string };
  };
  /** Applies the answer to the offer of `open`. */
  accept: { arguments: { readonly peer: string; readonly sdp: string }; result: null };
  /** Answers an offer of the SFU. */
  answer: { arguments: { readonly peer: string; readonly sdp: string }; result: { readonly sdp: string } };
  /** Waits until a data channel that either end created is open, and sends on it. @returns what a receiver should see */
  send: { arguments: ChannelArguments & { readonly messages: readonly MadeMessage[] }; result: readonly SeenMessage[] };
  /** The messages received on a data channel, in order. */
  readMessages: { arguments: ChannelArguments; result: readonly SeenMessage[] };
  readReceived: { arguments: { readonly peer: string }; result: readonly ReceivedMedia[] };
  readState: { arguments: { readonly peer: string }; result: string };
  close: { arguments: { readonly peer: string }; result: null };
}

export interface ChannelArguments {
  readonly peer: string;
  readonly label: string;
}

export interface SentMedia {
  readonly kind: TrackKind;
  readonly codec: VideoCodec | 'opus';
}
