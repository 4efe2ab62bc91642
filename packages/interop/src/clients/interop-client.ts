/** A WebRTC client of the matrix, in any language. */
import type { MadeMessage, MediaAddress, SeenMessage, SfuAccess } from '@causeway/e2e';
import type { TrackKind } from '@causeway/protocol';

export const CLIENT_NAMES = ['aiortc', 'gstreamer', 'firefox', 'chromium', 'werift'] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];

/** Encoding names as in SDP. Every client of the matrix has VP8. */
export const VIDEO_CODECS = ['VP8', 'H264'] as const;
export type VideoCodec = (typeof VIDEO_CODECS)[number];

export interface InteropClient {
  readonly name: ClientName;
  /** The version that the program reports: `aiortc 1.4.0 (…)`. */
  readonly version: string;
  readonly videoCodecs: readonly VideoCodec[];
  /** A client without decoders counts complete encoded frames and samples. */
  readonly counts: 'decoded' | 'depacketised';
  /** Opens a new session with the SFU. */
  openPeer(request: PeerRequest): Promise<InteropPeer>;
  close(): Promise<void>;
}

export interface PeerRequest {
  readonly access: SfuAccess;
  /** Publishes a moving picture in this codec, and a tone in Opus, with the session's first offer. */
  readonly publish?: VideoCodec;
  /** Media lines that the first offer keeps ready to receive on. */
  readonly receive: readonly TrackKind[];
  /** Data channels that the first offer opens, and the SFU publishes. */
  readonly channels?: readonly ChannelRequest[];
  /** The address of a proxy in front of the SFU, used in place of the SFU's candidates. */
  readonly mediaAt?: MediaAddress;
}

export interface ChannelRequest {
  readonly label: string;
  readonly ordered: boolean;
}

export interface InteropPeer {
  readonly sessionId: string;
  /** Subscribes to all in one call, and answers the SFU's offer. @returns the media line of each, in order */
  subscribe(tracks: readonly RemoteTrack[]): Promise<readonly string[]>;
  /** Subscribes to a data channel that is published, and answers the SFU's offer if there is one. */
  subscribeChannel(remoteSessionId: string, label: string): Promise<void>;
  /** Sends on a data channel once it is open. @returns what a receiver should see */
  send(label: string, messages: readonly MadeMessage[]): Promise<readonly SeenMessage[]>;
  /** The messages received on a data channel, in order. */
  readMessages(label: string): Promise<readonly SeenMessage[]>;
  /** One entry for each media line that can receive. */
  readReceived(): Promise<readonly ReceivedMedia[]>;
  /** The state of the connection as the client describes it, for the message of a failure. */
  readState(): Promise<string>;
  close(): Promise<void>;
}

export interface RemoteTrack {
  readonly sessionId: string;
  readonly trackId: string;
}

export interface ReceivedMedia {
  readonly mid: string;
  readonly kind: TrackKind;
  /** The name in SDP: `VP8`, `opus`. Empty while it is unknown. */
  readonly codec: string;
  /** 0 for audio. */
  readonly frames: number;
  /** Samples of one channel, without concealed ones; 0 for video. */
  readonly samples: number;
}
