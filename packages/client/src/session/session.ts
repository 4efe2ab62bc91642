/** What a client does with one session on the SFU: it publishes and subscribes over one peer connection. */
import type { CreateSessionReply, CreateSessionRequest, Retain, TrackKind, UpdateTrackItem } from '@causeway/protocol';
import type { Plain, RemoteTrack, SfuApi } from '../api/sfu-api.ts';
import type { Clock } from '../clock.ts';
import type { DataChannel, MediaTrack, PeerConnection, Reliability } from './peer-connection.ts';
import type { LocalTrack } from './sending-line.ts';

/** Where a session is in its life. */
export type SessionState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'connected' }
  /** There is no media path for the moment; the session still exists and a way back is being tried. */
  | { readonly phase: 'interrupted' }
  /** The session is over although the app did not close it. */
  | { readonly phase: 'lost'; readonly failure: Error }
  | { readonly phase: 'left' };

/** A track that this session publishes. */
export interface Publication<Track> {
  /** What others subscribe to. In Firefox it may differ from the id of the browser's track. */
  readonly trackId: string;
  readonly mid: string;
  readonly kind: TrackKind;
  readonly name: string;
  readonly track: Track;
}

/** A track of another session that this one receives. */
export type Subscription<Track, Asked extends RemoteTrack = RemoteTrack> = Asked & {
  readonly mid: string;
  /** Carries the remote track for as long as the subscription lives; the media line is used again after that. */
  readonly track: Track;
};

/** What became of each thing that a call asked for: some may have failed while others succeeded. */
export interface Outcome<Done> {
  readonly done: readonly Done[];
  readonly failures: readonly Error[];
}

/** A data channel to publish. */
export interface LocalChannel extends Reliability {
  /** Letters, digits and `. _ : { } -`, up to 128 characters; becomes the channel's label. */
  readonly name: string;
  /** What later subscribers are given first: `none` (the default), the `last` message, or so many. */
  readonly retain?: Retain;
  /** Whether what one subscriber sends reaches all others as well as this session. */
  readonly bus?: boolean;
}

/** A data channel of another session to subscribe to. */
export interface RemoteChannel {
  readonly remoteSessionId: string;
  readonly dataChannelName: string;
  /** Whether this session may send to the publisher: it alone, or with `many` beside others. */
  readonly canReply?: boolean | 'many';
}

/** What may be changed of a subscription without SDP: its layer (docs/api.md §10), its pause, and its source. */
export type SubscriptionChange = Omit<Plain<UpdateTrackItem>, 'mid'>;

/** All methods reject with `SfuApiError` when the SFU refuses. Calls may overlap: their SDP exchanges are queued. */
export interface Session<Track extends MediaTrack, Channel extends DataChannel> {
  readonly sessionId: string;
  /** The SFU's reply to `session/new`; `tracks` says what the peer connection's own tracks were published as. */
  readonly created: CreateSessionReply;
  readonly state: SessionState;
  /** UDP port on which the node takes media and plain STUN requests. */
  readonly mediaPort: number | undefined;
  publish(tracks: readonly LocalTrack<Track>[]): Promise<Outcome<Publication<Track>>>;
  /** Stops sending at once; rejects if the SFU could not be told. */
  unpublish(publications: readonly Publication<Track>[]): Promise<void>;
  /** @returns what was asked for, with the media line and the local track of each */
  subscribe<Asked extends RemoteTrack>(tracks: readonly Asked[]): Promise<Outcome<Subscription<Track, Asked>>>;
  /** Parks the media lines, without SDP. */
  unsubscribe(mids: readonly string[]): Promise<void>;
  /** Changes the subscription on a media line: `{ quality: 'low' }`, `{ paused: true }`. */
  update(mid: string, change: SubscriptionChange): Promise<void>;
  /** Publishes a data channel. @returns the channel once it is open; closing it ends the publication */
  publishData(channel: LocalChannel): Promise<Channel>;
  /**
   * Subscribes to a data channel.
   *
   * @returns the channel once it is open. Nothing is lost if its listener is set before anything else is awaited. Closing it ends
   *   the subscription
   */
  subscribeData(channel: RemoteChannel): Promise<Channel>;
  /** Offers what the caller has changed at the peer connection: a direction, or `{ iceRestart: true }`. */
  renegotiate(change?: { readonly iceRestart?: boolean }): Promise<void>;
  /** Asks whether the SFU still has this session; if not, `state` becomes `lost` with the reason. */
  verify(): Promise<void>;
  /** Ends the session on the SFU and closes the peer connection. May be called while a page goes away. */
  leave(): Promise<void>;
}

/** What a session is made of. */
export interface OpenSessionOptions<Track extends MediaTrack, Channel extends DataChannel>
  extends Pick<Plain<CreateSessionRequest>, 'metadata' | 'group' | 'region' | 'autoPublish'> {
  readonly api: SfuApi;
  /**
   * A new connection. It may have tracks and data channels: they are in the first offer, and published by it. The session makes all
   * offers and answers from here on, and closes it in the end.
   */
  readonly peerConnection: PeerConnection<Track, Channel>;
  /** Media lines to keep ready for receiving, so that the first subscriptions add none; default is one of each kind. */
  readonly receive?: readonly TrackKind[];
  readonly onStateChange?: (state: SessionState) => void;
  /** Tests pass a clock that they control. Default: the real one. */
  readonly clock?: Clock;
}

/** Tells whether a session has ended. */
export function isOver(state: SessionState): boolean {
  return state.phase === 'lost' || state.phase === 'left';
}
