/**
 * The part of WebRTC that a session uses. The `RTCPeerConnection` of every browser has it, and so does werift's on Node. `Track` and
 * `Channel` are the tracks and data channels of the peer connection that is passed in; a session returns them as they are.
 *
 * @see https://www.w3.org/TR/webrtc
 */
import type { TrackKind } from '@causeway/protocol';

/** A session description as the API uses it. */
export interface Description<Type extends 'offer' | 'answer' = 'offer' | 'answer'> {
  readonly type: Type;
  readonly sdp: string;
}

/** The part of a `MediaStreamTrack` that a session uses. */
export interface MediaTrack {
  readonly kind: string;
  readonly id?: string | undefined;
}

/** The part of an `RTCDataChannel` that a session uses. */
export interface DataChannel {
  readonly label: string;
  readonly readyState: string;
  send(message: string): void;
  close(): void;
  addEventListener(type: 'open' | 'close', listener: () => void): void;
}

/** How messages of a channel are delivered, as in `RTCDataChannelInit`. Default: reliable and in order. */
export interface Reliability {
  readonly ordered?: boolean;
  readonly maxRetransmits?: number;
  readonly maxPacketLifeTime?: number;
}

/** One simulcast layer, as in `RTCRtpEncodingParameters`. */
export interface SendLayer {
  readonly rid?: string;
  readonly active?: boolean;
  readonly maxBitrate?: number;
  readonly maxFramerate?: number;
  readonly scaleResolutionDownBy?: number;
  readonly scalabilityMode?: string;
}

/** The part of an `RTCRtpTransceiver` that a session uses: one media line of the session description. */
export interface Transceiver<Track> {
  readonly mid: string | null;
  direction: 'inactive' | 'recvonly' | 'sendonly' | 'sendrecv' | 'stopped';
  readonly currentDirection: string | null;
  readonly sender: {
    readonly track: Track | null;
    replaceTrack(track: Track | null): Promise<void>;
    getParameters(): { readonly encodings: readonly unknown[] };
  };
  readonly receiver: { readonly track: Track };
  stop(): void;
}

/** The part of an `RTCPeerConnection` that a session uses. */
export interface PeerConnection<Track extends MediaTrack, Channel extends DataChannel> {
  readonly connectionState: string;
  readonly signalingState: string;
  readonly localDescription: { readonly type: string; readonly sdp: string } | null;
  setLocalDescription(description?: { type: 'rollback' }): Promise<unknown>;
  setRemoteDescription(description: { type: 'offer' | 'answer'; sdp: string }): Promise<unknown>;
  addTransceiver(
    trackOrKind: NoInfer<Track> | TrackKind,
    init: { direction: 'recvonly' | 'sendonly'; sendEncodings?: SendLayer[] },
  ): Transceiver<Track>;
  getTransceivers(): readonly Transceiver<Track>[];
  createDataChannel(label: string, init?: Reliability & { readonly negotiated?: boolean; readonly id?: number }): Channel;
  addEventListener(type: 'connectionstatechange', listener: () => void): void;
  removeEventListener(type: 'connectionstatechange', listener: () => void): void;
  restartIce(): void;
  close(): unknown;
}
