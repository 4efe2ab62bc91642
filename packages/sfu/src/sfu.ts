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
  RenegotiateReply,
  RenegotiateRequest,
  RevokedTokens,
  SessionDetails,
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
import type { AppBounds } from './overload/app-bounds.ts';
import type { QuotaState } from './overload/app-shares.ts';
import type { NodeLoad } from './overload/entrance.ts';
import type { DataParticipant, ParticipantOptions } from './session/data/data-participant.ts';

/** What exists in one SFU at one moment. */
export interface SfuStats {
  readonly sessions: number;
  readonly publications: number;
  readonly subscriptions: number;
}

/**
 * The server as its embedder sees it: one verb per endpoint of the HTTP API, with the bodies of that API.
 *
 * Requests are already valid in the sense of their schema in `@causeway/protocol`. Ids of apps and sessions come as they arrived: a
 * session is only made for an app id that can be one (`invalid_params`), and one that does not exist, or belongs to another app, is `session_not_found`. Every verb rejects with an `SfuError`; anything else is a defect.
 *
 * A verb with a `caller` does only what that caller's token grants: it changes
 * only sessions of the token's subject (`forbidden`), and sees only those that the token names. Which
 * verbs a token is good for at all (`act`), when (`exp`, `nbf`) and where (`org`, `region`) is for
 * the caller of the verb to determine. Without a caller everything is permitted.
 */
export interface Sfu {
  /** Port for the media of all sessions and for plain STUN requests. */
  readonly udpPort: number;
  /** Its number in session ids. */
  readonly nodeNo: number;
  /** @param bounds of this app, where they are not those of `SfuOptions.appBounds`; they hold for the sessions it has, too */
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
   * Makes this process itself a participant: it publishes data channels and subscribes to them with plain functions, without a peer
   * connection. It counts as one session of the app.
   *
   * @throws quota_exceeded – the app has as many sessions as it may
   * @throws draining – the SFU is closing
   */
  data(appId: string, options?: ParticipantOptions): Promise<DataParticipant>;
  listSessions(appId: string, request?: ListSessionsRequest, caller?: TokenGrants): Promise<ListSessionsReply>;
  listTracks(appId: string, sessionId: string, caller?: TokenGrants): Promise<ListTracksReply>;
  /** The tree by which a track of a session on this node reaches the others, and why it is so. */
  trackPath(appId: string, sessionId: string, trackId: string, caller?: TokenGrants): Promise<TrackPathReply>;
  /** As `trackPath`, of a data channel. */
  dataChannelPath(appId: string, sessionId: string, dataChannelName: string, caller?: TokenGrants): Promise<DataChannelPathReply>;
  describeSession(appId: string, sessionId: string, caller?: TokenGrants): Promise<SessionDetails>;
  /** Why no media flows to or from a session, or why it has ended (within the last ten minutes), and the figures behind that. */
  diagnoseSession(appId: string, sessionId: string, caller?: TokenGrants): Promise<DiagnoseReply>;
  patchSession(appId: string, sessionId: string, request: PatchSessionRequest, caller?: TokenGrants): Promise<PatchSessionReply>;
  /** Renames a published track, or announces that it is muted. Subscriptions by its former name stay as they are. */
  patchTrack(appId: string, sessionId: string, trackId: string, request: PatchTrackRequest, caller?: TokenGrants): Promise<PatchTrackReply>;
  /** Closing a closed session succeeds. */
  deleteSession(appId: string, sessionId: string, caller?: TokenGrants): Promise<DeleteSessionReply>;
  /**
   * Closes the sessions of a subject that were created, or changed last, with a token that is good no longer.
   *
   * @returns how many
   */
  closeSessionsOf(appId: string, revoked: RevokedTokens): number;
  /** What the quota of an app allows from now on, on this node: the owner of the quota counts it. Media is paused within two seconds. */
  setQuota(appId: string, state: QuotaState): void;
  /** Tells what happens from now on, in the turn in which it happens. @returns ends the watching */
  watch(watcher: SfuWatcher): () => void;
  /** Whether new sessions are taken: sockets are open and `close()` has not been called. */
  isReady(): boolean;
  /** Whether media is being carried: false if the media loop has hung for seconds. */
  isAlive(): boolean;
  /** How full the node is; cheap to ask. */
  load(): NodeLoad;
  readonly stats: SfuStats;
  /** Everything that can be counted. Looks at every session: ask now and then, not for every request. */
  inspect(): Promise<SfuInspection>;
  /**
   * What apps have used on this node since this was asked last, in bytes; an app may come more than once. Nothing is left out at the end: ask
   * once more after `close`.
   */
  takeUsage(): Promise<readonly AppUsage[]>;
  /** Closes every session, says goodbye to their peers and releases sockets and timers. May be called again. */
  close(): Promise<void>;
}
