import type {
  CloseDataChannelsReply,
  CloseDataChannelsRequest,
  CloseTracksReply,
  CloseTracksRequest,
  CreateSessionReply,
  CreateSessionRequest,
  DataChannelPathReply,
  DeleteSessionReply,
  DiagnoseReply,
  ListDataChannelsReply,
  ListSessionsReply,
  ListSessionsRequest,
  ListTracksReply,
  PatchSessionReply,
  PatchSessionRequest,
  PatchTrackReply,
  PatchTrackRequest,
  PublishDataChannelsReply,
  PublishDataChannelsRequest,
  PublishReply,
  PublishRequest,
  QualitySample,
  RenegotiateReply,
  RenegotiateRequest,
  RevokedTokens,
  SessionDetails,
  SessionQualityReply,
  SubscribeDataChannelsReply,
  SubscribeDataChannelsRequest,
  SubscribeReply,
  SubscribeRequest,
  TokenGrants,
  TrackPathReply,
  UnsubscribeReply,
  UnsubscribeRequest,
  UpdateDataChannelsReply,
  UpdateDataChannelsRequest,
  UpdateTracksReply,
  UpdateTracksRequest,
} from '@causeway/protocol';
import type { AppUsage } from './app-usage.ts';
import type { SfuWatcher } from './events.ts';
import type { SfuInspection } from './inspection.ts';
import type { AppBounds, QuotaState } from './overload/app-shares.ts';
import type { NodeLoad } from './overload/entrance.ts';
import type { DataParticipant, ParticipantOptions } from './session/data/data-participant.ts';

/** The present contents of an SFU. */
export interface SfuStats {
  readonly sessions: number;
  readonly publications: number;
  readonly subscriptions: number;
}

/**
 * The SFU as its embedder sees it: one verb per endpoint of the HTTP API, with the bodies of that API.
 *
 * Requests must already be valid according to their schema in `@causeway/protocol`. Ids of apps and sessions are passed
 * as received: a session is created only for a valid app id (`invalid_params`), and a session that does not exist or
 * belongs to another app is `session_not_found`. Every verb rejects with an `SfuError`; any other error is a defect.
 *
 * A verb with a `caller` does only what that caller's token grants: it changes only sessions of the token's subject
 * (`forbidden`), and sees only those that the token names. The caller of the verb must check which verbs a token allows
 * (`act`), and when (`exp`, `nbf`) and where (`org`, `region`) it is valid. Without a caller, everything is permitted.
 */
export interface Sfu {
  /** Port for the media of all sessions and for plain STUN requests. */
  readonly udpPort: number;
  /** The number of this node in session ids. */
  readonly nodeNo: number;
  /** @param bounds of this app, where they differ from `SfuOptions.appBounds`; they apply to its existing sessions too */
  createSession(
    appId: string,
    request: CreateSessionRequest,
    bounds?: Partial<AppBounds>,
    caller?: TokenGrants,
  ): Promise<CreateSessionReply>;
  publish(appId: string, sessionId: string, request: PublishRequest, caller?: TokenGrants): Promise<PublishReply>;
  subscribe(appId: string, sessionId: string, request: SubscribeRequest, caller?: TokenGrants): Promise<SubscribeReply>;
  unsubscribe(appId: string, sessionId: string, request: UnsubscribeRequest, caller?: TokenGrants): Promise<UnsubscribeReply>;
  updateTracks(appId: string, sessionId: string, request: UpdateTracksRequest, caller?: TokenGrants): Promise<UpdateTracksReply>;
  closeTracks(appId: string, sessionId: string, request: CloseTracksRequest, caller?: TokenGrants): Promise<CloseTracksReply>;
  renegotiate(appId: string, sessionId: string, request: RenegotiateRequest, caller?: TokenGrants): Promise<RenegotiateReply>;
  publishDataChannels(
    appId: string,
    sessionId: string,
    request: PublishDataChannelsRequest,
    caller?: TokenGrants,
  ): Promise<PublishDataChannelsReply>;
  subscribeDataChannels(
    appId: string,
    sessionId: string,
    request: SubscribeDataChannelsRequest,
    caller?: TokenGrants,
  ): Promise<SubscribeDataChannelsReply>;
  updateDataChannels(
    appId: string,
    sessionId: string,
    request: UpdateDataChannelsRequest,
    caller?: TokenGrants,
  ): Promise<UpdateDataChannelsReply>;
  closeDataChannels(
    appId: string,
    sessionId: string,
    request: CloseDataChannelsRequest,
    caller?: TokenGrants,
  ): Promise<CloseDataChannelsReply>;
  listDataChannels(appId: string, sessionId: string, caller?: TokenGrants): Promise<ListDataChannelsReply>;
  /**
   * Makes this process a participant, which publishes and subscribes to data channels by plain functions, without a
   * peer connection. It counts as one session of the app.
   *
   * @throws quota_exceeded – the app has reached its number of sessions
   * @throws draining – the SFU is closing
   */
  data(appId: string, options?: ParticipantOptions): Promise<DataParticipant>;
  listSessions(appId: string, request?: ListSessionsRequest, caller?: TokenGrants): Promise<ListSessionsReply>;
  listTracks(appId: string, sessionId: string, caller?: TokenGrants): Promise<ListTracksReply>;
  /** Returns the tree along which a local session's track reaches other nodes, with the reason for each hop. */
  trackPath(appId: string, sessionId: string, trackId: string, caller?: TokenGrants): Promise<TrackPathReply>;
  /** Like `trackPath`, for a data channel. */
  dataChannelPath(appId: string, sessionId: string, dataChannelName: string, caller?: TokenGrants): Promise<DataChannelPathReply>;
  describeSession(appId: string, sessionId: string, caller?: TokenGrants): Promise<SessionDetails>;
  /** Explains why no media flows to or from a session, or why it ended (within the last ten minutes), with the underlying figures. */
  diagnoseSession(appId: string, sessionId: string, caller?: TokenGrants): Promise<DiagnoseReply>;
  /** Returns how the last five minutes of a session went. */
  sessionQuality(appId: string, sessionId: string, caller?: TokenGrants): Promise<SessionQualityReply>;
  /**
   * Reports the samples of a session's quality that are taken from now on, about one every five seconds, until it ends.
   *
   * @returns a function that stops the reports
   */
  watchQuality(appId: string, sessionId: string, onSample: (sample: QualitySample) => void): () => void;
  patchSession(appId: string, sessionId: string, request: PatchSessionRequest, caller?: TokenGrants): Promise<PatchSessionReply>;
  /** Renames a published track, or announces that it is muted. Subscriptions by its former name do not change. */
  patchTrack(appId: string, sessionId: string, trackId: string, request: PatchTrackRequest, caller?: TokenGrants): Promise<PatchTrackReply>;
  /** Ends a session. Closing a closed session succeeds. */
  deleteSession(appId: string, sessionId: string, caller?: TokenGrants): Promise<DeleteSessionReply>;
  /**
   * Closes the sessions of a subject that were created, or last changed, with a token that is no longer valid.
   *
   * @returns the number of closed sessions
   */
  closeSessionsOf(appId: string, revoked: RevokedTokens): number;
  /** Sets what the quota of an app now allows on this node; the owner of the quota counts the usage. Media is paused within two seconds. */
  setQuota(appId: string, state: QuotaState): void;
  /** Reports later events, in the turn in which they occur. @returns a function that stops the reports */
  watch(watcher: SfuWatcher): () => void;
  /** Whether new sessions are accepted: sockets are open and `close()` has not been called. */
  isReady(): boolean;
  /** Whether media is carried; false if the media loop has hung for seconds. */
  isAlive(): boolean;
  /** Returns how full the node is. The call is cheap. */
  load(): NodeLoad;
  readonly stats: SfuStats;
  /** Returns all counts. It examines every session, so call it occasionally, not for every request. */
  inspect(): Promise<SfuInspection>;
  /**
   * Returns the bytes that apps have carried through this node since the last call; an app may be listed several times.
   * To miss nothing, call it once more after `close`.
   */
  takeUsage(): Promise<readonly AppUsage[]>;
  /** Closes every session, notifies the peers, and releases sockets and timers. May be called again. */
  close(): Promise<void>;
}
