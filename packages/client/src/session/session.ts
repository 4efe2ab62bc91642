/** What a client does with one session on the SFU: it publishes and subscribes over one peer connection. */
import type { CreateSessionReply, CreateSessionRequest, Retain, TrackKind, UpdateTrackItem } from '@causeway/protocol';
import type { Plain, RemoteTrack, SfuApi } from '../api/sfu-api.ts';
import type { Clock } from '../clock.ts';
import type { DataChannel, MediaTrack, PeerConnection, Reliability } from './peer-connection.ts';
import type { LocalTrack } from './sending-line.ts';

/** The state of a session. */
export type SessionState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'connected' }
  /** There is no media path at the moment. The session still exists and tries to recover. */
  | { readonly phase: 'interrupted' }
  /** The session has ended although the app did not close it. */
  | { readonly phase: 'lost'; readonly failure: Error }
  | { readonly phase: 'left' };

/** A track that this session publishes. */
export interface Publication<Track> {
  /** The id that others subscribe to. In Firefox it may differ from the id of the browser's track. */
  readonly trackId: string;
  readonly mid: string;
  readonly kind: TrackKind;
  readonly name: string;
  readonly track: Track;
}

/** A track of another session that this one receives. */
export type Subscription<Track, Asked extends RemoteTrack = RemoteTrack> = Asked & {
  readonly mid: string;
  /** Carries the remote track for as long as the subscription exists; the media line is used again afterwards. */
  readonly track: Track;
};

/** The results of a call for several things, of which some may have failed while others succeeded. */
export interface Outcome<Done> {
  readonly done: readonly Done[];
  readonly failures: readonly Error[];
}

/** A data channel to publish. */
export interface LocalChannel extends Reliability {
  /** Letters, digits and `. _ : { } -`, up to 128 characters. Becomes the channel's label. */
  readonly name: string;
  /** The messages that later subscribers get first: `none` (the default), the `last` message, or a number of messages. */
  readonly retain?: Retain;
  /** Whether messages of one subscriber reach all others as well as this session. */
  readonly bus?: boolean;
}

/** A data channel of another session to subscribe to. */
export interface RemoteChannel {
  readonly remoteSessionId: string;
  readonly dataChannelName: string;
  /** Whether this session may send to the publisher: as the only one, or with `many` together with others. */
  readonly canReply?: boolean | 'many';
}

/** The properties of a subscription that can be changed without SDP: its layer (docs/api.md §10), its pause, and its source. */
export type SubscriptionChange = Omit<Plain<UpdateTrackItem>, 'mid'>;

/**
 * An open session. All methods reject with `SfuApiError` when the SFU refuses. Calls may overlap, because their SDP exchanges are queued.
 */
export interface Session<Track extends MediaTrack, Channel extends DataChannel> {
  readonly sessionId: string;
  /** The SFU's reply to `session/new`. Its `tracks` contain the results for the tracks that the peer connection already had. */
  readonly created: CreateSessionReply;
  readonly state: SessionState;
  /** The UDP port on which the node receives media and plain STUN requests. */
  readonly mediaPort: number | undefined;
  publish(tracks: readonly LocalTrack<Track>[]): Promise<Outcome<Publication<Track>>>;
  /** Stops sending immediately. Rejects if the SFU could not be told. */
  unpublish(publications: readonly Publication<Track>[]): Promise<void>;
  /** Subscribes to tracks. @returns what was requested, with the media line and the local track of each */
  subscribe<Asked extends RemoteTrack>(tracks: readonly Asked[]): Promise<Outcome<Subscription<Track, Asked>>>;
  /** Ends subscriptions and parks their media lines, without SDP. */
  unsubscribe(mids: readonly string[]): Promise<void>;
  /** Changes the subscription on a media line, for example `{ quality: 'low' }` or `{ paused: true }`. */
  update(mid: string, change: SubscriptionChange): Promise<void>;
  /** Publishes a data channel. @returns the channel once it is open; closing it ends the publication */
  publishData(channel: LocalChannel): Promise<Channel>;
  /**
   * Subscribes to a data channel.
   *
   * @returns the channel once it is open. Nothing is lost if its listener is set before anything else is awaited. Closing it ends the
   *   subscription
   */
  subscribeData(channel: RemoteChannel): Promise<Channel>;
  /** Offers what the caller has changed at the peer connection, such as a direction, or restarts ICE with `{ iceRestart: true }`. */
  renegotiate(change?: { readonly iceRestart?: boolean }): Promise<void>;
  /** Asks whether the SFU still has this session. If not, `state` becomes `lost` with the reason. */
  verify(): Promise<void>;
  /** Ends the session on the SFU and closes the peer connection. May be called while a page goes away. */
  leave(): Promise<void>;
}

/** The parts of a session. */
export interface OpenSessionOptions<Track extends MediaTrack, Channel extends DataChannel>
  extends Pick<Plain<CreateSessionRequest>, 'metadata' | 'group' | 'region' | 'autoPublish'> {
  readonly api: SfuApi;
  /**
   * A new connection. It may have tracks and data channels, which the first offer contains and publishes. From then on, the session makes
   * all offers and answers, and closes the connection in the end.
   */
  readonly peerConnection: PeerConnection<Track, Channel>;
  /** How many media lines to keep ready for receiving, so that the first subscriptions add none. Default: one of each kind. */
  readonly receive?: readonly TrackKind[];
  readonly onStateChange?: (state: SessionState) => void;
  /** Tests pass a clock that they control. Default: the real one. */
  readonly clock?: Clock;
}

/** Whether a session has ended. */
export function isOver(state: SessionState): boolean {
  return state.phase === 'lost' || state.phase === 'left';
}
