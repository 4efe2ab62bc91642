import { randomUUID } from 'node:crypto';
import {
  type AppId,
  type CloseDataChannelsReply,
  type CloseDataChannelsRequest,
  type CloseTracksReply,
  type CloseTracksRequest,
  type CreateSessionReply,
  type CreateSessionRequest,
  DataChannelName,
  type DataChannelPathReply,
  type DeleteSessionReply,
  type DiagnoseReply,
  formatSessionId,
  type ListDataChannelsReply,
  type ListSessionsReply,
  type ListSessionsRequest,
  type PatchSessionRequest,
  type PatchTrackRequest,
  type PublishDataChannelsReply,
  type PublishDataChannelsRequest,
  type PublishItem,
  type PublishReply,
  type PublishRequest,
  type QualitySample,
  type RenegotiateReply,
  type RenegotiateRequest,
  type SessionDetails,
  type SessionId,
  type SessionQualityReply,
  type SessionSummary,
  SfuError,
  type SubscribeDataChannelsReply,
  type SubscribeDataChannelsRequest,
  type SubscribeReply,
  type SubscribeRequest,
  type TrackPathReply,
  type TrackSummary,
  type UnsubscribeReply,
  type UnsubscribeRequest,
  type UpdateDataChannelsReply,
  type UpdateDataChannelsRequest,
  type UpdateTracksReply,
  type UpdateTracksRequest,
} from '@causeway/protocol';
import type { AppBounds, AppUsage, DataParticipant, Sfu, SfuInspection, SfuWatcher } from '@causeway/sfu';

interface MemorySession {
  readonly id: SessionId;
  summary: SessionSummary;
  readonly tracks: Map<string, TrackSummary>;
}

const NO_NAME = '' as TrackSummary['customTrackName'];
const ANSWER = { type: 'answer', sdp: 'v=0\r\na=ice-pwd:answer-password-canary\r\n' } as const;
const OFFER = { type: 'offer', sdp: 'v=0\r\na=ice-pwd:offer-password-canary\r\n' } as const;

/** An SFU of sessions, tracks and names only: it negotiates nothing and moves no media. Tests may make it fail or wait. */
export class MemorySfu implements Sfu {
  readonly udpPort = 8081;
  /** Those who watch the quality of sessions. */
  readonly qualityWatchers = new Set<{ readonly sessionId: string; readonly onSample: (sample: QualitySample) => void }>();
  /** Every verb rejects with this, unless undefined. */
  failure: unknown;
  /** How many times a verb that changes something was carried out. */
  changes = 0;
  loadShare = 0;
  lastAutoPublish: boolean | undefined;
  /** What the app of the last session may have, as the gateway said. */
  lastBounds: Partial<AppBounds> | undefined;
  readonly watchers = new Set<SfuWatcher>();
  readonly #sessions = new Map<string, MemorySession>();
  #gate: Promise<void> = Promise.resolve();
  #isClosed = false;
  readonly #nodeNo: number;

  constructor(nodeNo = 101) {
    this.#nodeNo = nodeNo;
  }

  get nodeNo(): number {
    return this.#nodeNo;
  }

  watch(watcher: SfuWatcher): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Verbs started from now on wait until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  async createSession(
    appId: AppId,
    { metadata = '', autoPublish }: CreateSessionRequest,
    bounds?: Partial<AppBounds>,
  ): Promise<CreateSessionReply> {
    await this.#enter();
    this.changes += 1;
    this.lastAutoPublish = autoPublish;
    this.lastBounds = bounds;
    const id = formatSessionId(this.#nodeNo, randomUUID());
    const summary: SessionSummary = { connectionState: 'new', metadata, sessionId: id, sfuAppId: appId };
    this.#sessions.set(id, { id, summary, tracks: new Map() });
    return { sessionDescription: ANSWER, sessionId: id };
  }

  async publish(appId: AppId, sessionId: string, { tracks }: PublishRequest): Promise<PublishReply> {
    const session = await this.#change(appId, sessionId);
    return { sessionDescription: ANSWER, sessionId: session.id, tracks: tracks.map((item) => publishInto(session, item)) };
  }

  async subscribe(appId: AppId, sessionId: string, { tracks }: SubscribeRequest): Promise<SubscribeReply> {
    const session = await this.#change(appId, sessionId);
    const results = tracks.map(({ remoteSessionId, remoteTrackId = '' }, index) => {
      const item = { remoteSessionId, remoteTrackId };
      const publisher = this.#sessions.get(remoteSessionId);
      const track = publisher?.summary.sfuAppId === appId ? publisher.tracks.get(remoteTrackId) : undefined;
      const errorDescription = `session ${remoteSessionId} has no track ${remoteTrackId}`;
      if (track === undefined) return { ...item, errorCode: 'track_not_found' as const, errorDescription };
      return { ...item, mid: String(index), trackKind: track.trackKind, status: track.status };
    });
    return { immediateRenegotiationRequired: true, sessionDescription: OFFER, sessionId: session.id, tracks: results };
  }

  async unsubscribe(appId: AppId, sessionId: string, { tracks }: UnsubscribeRequest): Promise<UnsubscribeReply> {
    const session = await this.#change(appId, sessionId);
    return { sessionId: session.id, success: true, tracks: tracks.map(({ mid }) => ({ mid })) };
  }

  async updateTracks(appId: AppId, sessionId: string, { tracks }: UpdateTracksRequest): Promise<UpdateTracksReply> {
    const session = await this.#change(appId, sessionId);
    const results = tracks.map(({ mid, remoteSessionId = session.id }) => ({ mid, remoteSessionId }));
    return { immediateRenegotiationRequired: false, sessionId: session.id, tracks: results };
  }

  async closeTracks(appId: AppId, sessionId: string, { tracks }: CloseTracksRequest): Promise<CloseTracksReply> {
    const session = await this.#change(appId, sessionId);
    const results = tracks.map(({ trackId = '' }) => {
      const status = session.tracks.delete(trackId) ? ('closed' as const) : ('already_closed' as const);
      return { trackId, status };
    });
    return { sessionId: session.id, success: true, sessionDescription: ANSWER, tracks: results };
  }

  async publishDataChannels(
    appId: AppId,
    sessionId: string,
    { dataChannels }: PublishDataChannelsRequest,
  ): Promise<PublishDataChannelsReply> {
    const session = await this.#change(appId, sessionId);
    const results = dataChannels.map(({ dataChannelName }) => ({ dataChannelName, negotiated: false, status: 'pending' as const }));
    return { immediateRenegotiationRequired: true, sessionDescription: OFFER, sessionId: session.id, dataChannels: results };
  }

  async subscribeDataChannels(
    appId: AppId,
    sessionId: string,
    { dataChannels }: SubscribeDataChannelsRequest,
  ): Promise<SubscribeDataChannelsReply> {
    const session = await this.#change(appId, sessionId);
    const results = dataChannels.map(({ remoteSessionId, dataChannelName }) => {
      const item = { remoteSessionId, dataChannelName };
      if (this.#sessions.get(remoteSessionId)?.summary.sfuAppId === appId) return { ...item, id: 1 };
      return { ...item, errorCode: 'session_not_found' as const, errorDescription: `app ${appId} has no session ${remoteSessionId}` };
    });
    return { immediateRenegotiationRequired: true, sessionDescription: OFFER, sessionId: session.id, dataChannels: results };
  }

  async updateDataChannels(appId: AppId, sessionId: string, { dataChannels }: UpdateDataChannelsRequest): Promise<UpdateDataChannelsReply> {
    const session = await this.#change(appId, sessionId);
    return { sessionId: session.id, dataChannels: dataChannels.map(({ id = 1 }) => ({ id })) };
  }

  async closeDataChannels(appId: AppId, sessionId: string, { dataChannels }: CloseDataChannelsRequest): Promise<CloseDataChannelsReply> {
    const session = await this.#change(appId, sessionId);
    return { sessionId: session.id, success: true, dataChannels: dataChannels.map(() => ({ status: 'already_closed' as const })) };
  }

  async data(): Promise<DataParticipant> {
    throw new Error('no test of the gateway makes the process a participant');
  }

  async listDataChannels(appId: AppId, sessionId: string): Promise<ListDataChannelsReply> {
    await this.#enter();
    return { sessionId: this.#find(appId, sessionId).id, published: [], subscribed: [] };
  }

  async renegotiate(appId: AppId, sessionId: string, { sessionDescription }: RenegotiateRequest): Promise<RenegotiateReply> {
    const session = await this.#change(appId, sessionId);
    return { sessionId: session.id, success: true, ...(sessionDescription.type === 'offer' ? { sessionDescription: ANSWER } : {}) };
  }

  async listSessions(appId: AppId, { limit, cursor }: ListSessionsRequest = {}): Promise<ListSessionsReply> {
    await this.#enter();
    const own = [...this.#sessions.values()].map(({ summary }) => summary).filter(({ sfuAppId }) => sfuAppId === appId);
    const start = Number(cursor ?? 0);
    const end = limit === undefined ? own.length : start + limit;
    return { sessions: own.slice(start, end), ...(end < own.length ? { nextCursor: String(end) } : {}) };
  }

  async listTracks(appId: AppId, sessionId: string): Promise<TrackSummary[]> {
    await this.#enter();
    return [...this.#find(appId, sessionId).tracks.values()];
  }

  async trackPath(appId: AppId, sessionId: string, trackId: string): Promise<TrackPathReply> {
    await this.#enter();
    const { id, tracks } = this.#find(appId, sessionId);
    const track = tracks.get(trackId);
    if (track === undefined) throw new SfuError('track_not_found', `session ${sessionId} has no track ${trackId}`);
    const nobody = { subscribers: 0, hops: [], unanswered: [], refusedLinks: [] };
    return { sessionId: id, sfuAppId: appId, trackId: track.trackId, node: this.#nodeNo, region: 'here', ...nobody };
  }

  async dataChannelPath(appId: AppId, sessionId: string, name: string): Promise<DataChannelPathReply> {
    await this.#enter();
    const { id } = this.#find(appId, sessionId);
    const dataChannelName = DataChannelName.parse(name);
    if (name !== 'chat') throw new SfuError('data_channel_not_found', `session ${sessionId} publishes no data channel named ${name}`);
    const nobody = { subscribers: 0, hops: [], unanswered: [], refusedLinks: [] };
    return { sessionId: id, sfuAppId: appId, dataChannelName, node: this.#nodeNo, region: 'here', ...nobody };
  }

  async describeSession(appId: AppId, sessionId: string): Promise<SessionDetails> {
    await this.#enter();
    const { summary, tracks } = this.#find(appId, sessionId);
    return { ...summary, createdAt: '2026-05-05T00:00:00.000Z', tracks: [...tracks.values()], subscriptions: [] };
  }

  async diagnoseSession(appId: AppId, sessionId: string): Promise<DiagnoseReply> {
    await this.#enter();
    const { id, summary } = this.#find(appId, sessionId);
    return { sessionId: id, sfuAppId: appId, connectionState: summary.connectionState, findings: [], publications: [], subscriptions: [] };
  }

  async sessionQuality(appId: AppId, sessionId: string): Promise<SessionQualityReply> {
    await this.#enter();
    const { id } = this.#find(appId, sessionId);
    return { sessionId: id, sfuAppId: appId, samples: [] };
  }

  watchQuality(_appId: string, sessionId: string, onSample: (sample: QualitySample) => void): () => void {
    const watcher = { sessionId, onSample };
    this.qualityWatchers.add(watcher);
    return () => this.qualityWatchers.delete(watcher);
  }

  async patchSession(appId: AppId, sessionId: string, { metadata }: PatchSessionRequest): Promise<SessionSummary> {
    const session = await this.#change(appId, sessionId);
    session.summary = { ...session.summary, metadata };
    return session.summary;
  }

  async patchTrack(appId: AppId, sessionId: string, trackId: string, { customTrackName, muted }: PatchTrackRequest): Promise<TrackSummary> {
    const session = await this.#change(appId, sessionId);
    const track = session.tracks.get(trackId);
    if (track === undefined) throw new SfuError('track_not_found', `session ${sessionId} publishes no track ${trackId}`);
    const { muted: wasMuted, ...rest } = track;
    const isMuted = muted ?? wasMuted === true;
    const next = { ...rest, customTrackName: customTrackName ?? track.customTrackName, ...(isMuted && { muted: true as const }) };
    session.tracks.set(trackId, next);
    return next;
  }

  async deleteSession(appId: AppId, sessionId: string): Promise<DeleteSessionReply> {
    const { id } = await this.#change(appId, sessionId);
    this.#sessions.delete(id);
    return { sessionId: id, success: true };
  }

  /** Sessions here have no owners. */
  setQuota(): void {}

  closeSessionsOf(): number {
    return 0;
  }

  isReady(): boolean {
    return !this.#isClosed;
  }

  isAlive(): boolean {
    return !this.#isClosed;
  }

  load() {
    return { share: this.loadShare, isFull: this.loadShare >= 1 };
  }

  get stats() {
    return { sessions: this.#sessions.size, publications: 0, subscriptions: 0 };
  }

  async takeUsage(): Promise<readonly AppUsage[]> {
    return [];
  }

  async inspect(): Promise<SfuInspection> {
    throw new Error('this SFU has nothing inside');
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async #enter(): Promise<void> {
    await this.#gate;
    if (this.failure !== undefined) throw this.failure;
  }

  async #change(appId: AppId, sessionId: string): Promise<MemorySession> {
    await this.#enter();
    this.changes += 1;
    return this.#find(appId, sessionId);
  }

  #find(appId: AppId, sessionId: string): MemorySession {
    const session = this.#sessions.get(sessionId);
    if (session?.summary.sfuAppId === appId) return session;
    throw new SfuError('session_not_found', `there is no session ${sessionId}`);
  }
}

function publishInto(session: MemorySession, { trackId, mid, customTrackName = NO_NAME }: PublishItem) {
  const item = { trackId, mid, customTrackName };
  const namesake = [...session.tracks.values()].find((track) => customTrackName !== '' && track.customTrackName === customTrackName);
  if (namesake !== undefined) {
    return { ...item, errorCode: 'track_name_conflict' as const, errorDescription: `track ${namesake.trackId} has this name` };
  }
  const track = { ...item, trackKind: 'video' as const, status: 'pending' as const };
  session.tracks.set(trackId, { ...track, sessionId: session.id, sfuAppId: session.summary.sfuAppId, rids: [], codec: 'VP8' });
  return track;
}
