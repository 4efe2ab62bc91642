import type {
  AppId,
  CloseTracksReply,
  CloseTracksRequest,
  CreateSessionReply,
  CreateSessionRequest,
  DeleteSessionReply,
  ListSessionsReply,
  ListSessionsRequest,
  ListTracksReply,
  PatchSessionReply,
  PatchSessionRequest,
  PublishReply,
  PublishRequest,
  RenegotiateReply,
  RenegotiateRequest,
  SessionDetails,
  SubscribeReply,
  SubscribeRequest,
  TrackPathReply,
  UnsubscribeReply,
  UnsubscribeRequest,
  UpdateTracksReply,
  UpdateTracksRequest,
} from '@causeway/protocol';
import type { AppUsage } from './app-usage.ts';
import type { SfuInspection } from './inspection.ts';
import type { AppBounds } from './overload/app-bounds.ts';
import type { NodeLoad } from './overload/entrance.ts';

/** What exists in one SFU at one moment. */
export interface SfuStats {
  readonly sessions: number;
  readonly publications: number;
  readonly subscriptions: number;
}

/**
 * The server as its embedder sees it: one verb per endpoint of the HTTP API, with the bodies of that API.
 *
 * Requests are already valid in the sense of their schema in `@causeway/protocol`. Session ids come as they arrived: one that does
 * not exist, or belongs to another app, is `session_not_found`. Every verb rejects with an `SfuError`; anything else is a defect.
 */
export interface Sfu {
  /** Of media, of all sessions, and of plain STUN requests. */
  readonly udpPort: number;
  /** @param bounds of this app, where they are not those of `SfuOptions.appBounds`; they hold for the sessions it has, too */
  createSession(appId: AppId, request: CreateSessionRequest, bounds?: Partial<AppBounds>): Promise<CreateSessionReply>;
  publish(appId: AppId, sessionId: string, request: PublishRequest): Promise<PublishReply>;
  subscribe(appId: AppId, sessionId: string, request: SubscribeRequest): Promise<SubscribeReply>;
  unsubscribe(appId: AppId, sessionId: string, request: UnsubscribeRequest): Promise<UnsubscribeReply>;
  updateTracks(appId: AppId, sessionId: string, request: UpdateTracksRequest): Promise<UpdateTracksReply>;
  closeTracks(appId: AppId, sessionId: string, request: CloseTracksRequest): Promise<CloseTracksReply>;
  renegotiate(appId: AppId, sessionId: string, request: RenegotiateRequest): Promise<RenegotiateReply>;
  listSessions(appId: AppId, request?: ListSessionsRequest): Promise<ListSessionsReply>;
  listTracks(appId: AppId, sessionId: string): Promise<ListTracksReply>;
  /** The tree by which a track of a session on this node reaches the others, and why it is so. */
  trackPath(appId: AppId, sessionId: string, trackId: string): Promise<TrackPathReply>;
  describeSession(appId: AppId, sessionId: string): Promise<SessionDetails>;
  patchSession(appId: AppId, sessionId: string, request: PatchSessionRequest): Promise<PatchSessionReply>;
  /** Closing a closed session succeeds. */
  deleteSession(appId: AppId, sessionId: string): Promise<DeleteSessionReply>;
  /** Whether new sessions are taken: sockets are open and `close()` has not been called. */
  isReady(): boolean;
  /** Whether media is carried: false if that has stood still for seconds. */
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
