import { type AppId, allowsAction, type ErrorCode, nodeNoOf, parseSessionId, type SubscribeDataChannelItem } from '@causeway/protocol';
import type { DataChannelRecord, Registry } from '../../registry/index.ts';
import type { Receiver } from '../locate-tracks.ts';
import type { DataChannelReference, RemoteTracks } from '../remote-tracks.ts';
import { mayOpenData, maySee } from '../session-access.ts';
import type { SessionParts } from '../session-parts.ts';

export type LocatedChannel =
  | { readonly type: 'located'; readonly record: DataChannelRecord }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly description: string };

type LocatingParts = Pick<SessionParts, 'dataDirectory' | 'registry' | 'remoteTracks'>;

/** Finds the channel that a subscriber refers to. */
export async function locateDataChannel(
  { appId, sessionId, caller }: Receiver,
  { remoteSessionId, dataChannelName }: Pick<SubscribeDataChannelItem, 'remoteSessionId' | 'dataChannelName'>,
  parts: LocatingParts,
): Promise<LocatedChannel> {
  if (caller !== undefined) {
    if (!mayOpenData(caller)) return failed('forbidden', 'the caller may not use data channels');
    if (!allowsAction(caller, 'subscribe')) return failed('forbidden', 'the rights of the caller do not include "subscribe"');
    // For a token of one session, `subs` lists the sessions whose channels it may subscribe to.
    const isSeen = remoteSessionId === sessionId || maySee({ ...caller, sid: undefined }, remoteSessionId, undefined);
    if (!isSeen) return missingSession(appId, remoteSessionId);
  }
  return findChannel(appId, { sessionId: remoteSessionId, dataChannelName }, parts);
}

/**
 * Returns the channel that was found if it still exists, or else the one that now has its name.
 *
 * @param record the record that was found
 */
export function currentChannel(
  { appId, parts }: { readonly appId: AppId; readonly parts: LocatingParts },
  { remoteSessionId, dataChannelName }: Pick<SubscribeDataChannelItem, 'remoteSessionId' | 'dataChannelName'>,
  { publicationId }: DataChannelRecord,
): DataChannelRecord | undefined {
  const { dataDirectory } = parts;
  return dataDirectory.recordOf(publicationId) ?? dataDirectory.locate(appId, remoteSessionId, dataChannelName);
}

async function findChannel(
  appId: AppId,
  reference: DataChannelReference,
  { dataDirectory, registry, remoteTracks }: LocatingParts,
): Promise<LocatedChannel> {
  const { sessionId, dataChannelName } = reference;
  const owner = remoteTracks?.ownerOf(sessionId);
  const known = dataDirectory.locate(appId, sessionId, dataChannelName);
  // What this node owns, or what the owner reports to it, it knows even without a registry.
  const isOwn = remoteTracks === undefined || owner === undefined;
  if (known !== undefined && (isOwn || remoteTracks.isKnownFirstHand(known.publicationId))) return { type: 'located', record: known };
  if (!isOwn) return findElsewhere(appId, reference, owner, remoteTracks, registry);
  const session = await registry.findSession(appId, sessionId);
  return session === undefined ? missingSession(appId, sessionId) : missingChannel(reference);
}

/** Asks the owner if the registry does not know the channel. */
async function findElsewhere(
  appId: AppId,
  reference: DataChannelReference,
  owner: number,
  remoteTracks: RemoteTracks,
  registry: Registry,
): Promise<LocatedChannel> {
  const { sessionId, dataChannelName } = reference;
  const known = await registry.locateDataChannel(appId, sessionId, dataChannelName).catch(() => undefined);
  const answer = known === undefined ? await remoteTracks.askData(appId, reference) : undefined;
  const record = known ?? answer?.channel;
  if (record !== undefined) {
    if (!remoteTracks.carriesData(owner)) return unreachable(sessionId, 'whose version cannot relay data channels');
    if (!remoteTracks.canReach(owner)) return unreachable(sessionId, 'which this node has no link to');
    return remoteTracks.admitData(record) ? { type: 'located', record } : missingChannel(reference);
  }
  if (answer !== undefined) return answer.hasSession ? missingChannel(reference) : missingSession(appId, sessionId);
  const session = await registry.findSession(appId, sessionId).catch(() => 'unknown' as const);
  if (session === 'unknown') return unreachable(sessionId, 'which does not answer at present');
  return session === undefined ? missingSession(appId, sessionId) : missingChannel(reference);
}

/** The channel exists or may exist, but this node cannot receive it. */
function unreachable(sessionId: string, why: string): LocatedChannel {
  const parsed = parseSessionId(sessionId);
  const node = parsed === undefined ? 'another node' : `node ${nodeNoOf(parsed)}`;
  return failed('relay_unavailable', `session ${sessionId} lives on ${node}, ${why}`);
}

function missingChannel({ sessionId, dataChannelName }: DataChannelReference): LocatedChannel {
  return failed('data_channel_not_found', `session ${sessionId} publishes no data channel named ${dataChannelName}`);
}

function missingSession(appId: string, sessionId: string): LocatedChannel {
  return failed('session_not_found', `app ${appId} has no session ${sessionId}`);
}

function failed(code: ErrorCode, description: string): LocatedChannel {
  return { type: 'failed', code, description };
}
