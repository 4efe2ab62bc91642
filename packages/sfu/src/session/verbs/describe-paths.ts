/** Calls that describe how a track or data channel reaches its subscribers on other nodes. */
import { DataChannelName, type DataChannelPathReply, SfuError, type TokenGrants, TrackId, type TrackPathReply } from '@causeway/protocol';
import type { DataDirectory } from '../data/data-directory.ts';
import { countSubscribers, requireVisible, type SessionStore } from '../session-store.ts';
import type { TrackDirectory } from '../track-directory.ts';

/** The tree along which a publication reaches other nodes. */
type RelayTree = Omit<TrackPathReply, 'sessionId' | 'sfuAppId' | 'trackId'>;

/** What the calls are answered from. */
export interface PathSources {
  readonly nodeNo: number;
  readonly store: SessionStore;
  readonly directory: TrackDirectory;
  readonly dataDirectory: DataDirectory;
  /** Undefined on a standalone node. */
  readonly relay: { pathOf(publicationId: string): Promise<RelayTree> } | undefined;
}

/** `GET /session/:session_id/track/:track_id/path`. */
export async function trackPath(
  sources: PathSources,
  appId: string,
  sessionId: string,
  trackId: string,
  caller: TokenGrants | undefined,
): Promise<TrackPathReply> {
  const { id, appId: sfuAppId } = requireVisible(sources.store, appId, sessionId, caller);
  const record = sources.directory.locate(appId, { by: 'id', sessionId, trackId });
  if (record === undefined) throw new SfuError('track_not_found', `session ${sessionId} has no track ${trackId}`);
  return { sessionId: id, sfuAppId, trackId: TrackId.parse(record.trackId), ...(await pathOf(sources, record.publicationId)) };
}

/** Does the same as `trackPath` for a data channel. */
export async function dataChannelPath(
  sources: PathSources,
  appId: string,
  sessionId: string,
  name: string,
  caller: TokenGrants | undefined,
): Promise<DataChannelPathReply> {
  const { id, appId: sfuAppId } = requireVisible(sources.store, appId, sessionId, caller);
  const record = sources.dataDirectory.locate(appId, sessionId, name);
  if (record === undefined) throw new SfuError('data_channel_not_found', `session ${sessionId} publishes no data channel named ${name}`);
  return { sessionId: id, sfuAppId, dataChannelName: DataChannelName.parse(name), ...(await pathOf(sources, record.publicationId)) };
}

/** Returns the relay tree of a publication, which has no hops on a standalone node. */
async function pathOf({ relay, store, nodeNo }: PathSources, publicationId: string): Promise<RelayTree> {
  if (relay !== undefined) return relay.pathOf(publicationId);
  return { node: nodeNo, region: '', subscribers: countSubscribers(store, publicationId), hops: [], unanswered: [], refusedLinks: [] };
}
