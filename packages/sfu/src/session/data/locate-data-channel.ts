import { allowsAction, type ErrorCode, nodeNoOf, parseSessionId, type SubscribeDataChannelItem } from '@causeway/protocol';
import type { DataChannelRecord } from '../../registry/index.ts';
import type { Receiver } from '../locate-tracks.ts';
import { mayOpenData, maySee } from '../session-access.ts';
import type { SessionParts } from '../session-parts.ts';

export type LocatedChannel =
  | { readonly type: 'located'; readonly record: DataChannelRecord }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly description: string };

/** Finds the channel that a subscriber means. */
export async function locateDataChannel(
  { appId, sessionId, caller }: Receiver,
  { remoteSessionId, dataChannelName }: Pick<SubscribeDataChannelItem, 'remoteSessionId' | 'dataChannelName'>,
  { dataDirectory, registry, remoteTracks }: Pick<SessionParts, 'dataDirectory' | 'registry' | 'remoteTracks'>,
): Promise<LocatedChannel> {
  if (caller !== undefined) {
    if (!mayOpenData(caller)) return failed('forbidden', 'the token does not allow data channels');
    if (!allowsAction(caller, 'subscribe')) return failed('forbidden', 'the token does not allow to subscribe');
    // A token for one session says by `subs` whose channels that session may have.
    const isSeen = remoteSessionId === sessionId || maySee({ ...caller, sid: undefined }, remoteSessionId, undefined);
    if (!isSeen) return missingSession(appId, remoteSessionId);
  }
  const own = dataDirectory.locate(appId, remoteSessionId, dataChannelName);
  if (own !== undefined) return { type: 'located', record: own };
  const elsewhere = await registry.locateDataChannel(appId, remoteSessionId, dataChannelName);
  if (elsewhere !== undefined && remoteTracks?.ownerOf(remoteSessionId) !== undefined) return unreachable(remoteSessionId, dataChannelName);
  const session = await registry.findSession(appId, remoteSessionId);
  if (session === undefined) return missingSession(appId, remoteSessionId);
  return failed('data_channel_not_found', `session ${remoteSessionId} publishes no data channel named ${dataChannelName}`);
}

/** Data does not cross between nodes yet. */
function unreachable(sessionId: string, name: string): LocatedChannel {
  const parsed = parseSessionId(sessionId);
  const node = parsed === undefined ? 'another node' : `node ${nodeNoOf(parsed)}`;
  return failed('relay_unavailable', `data channel ${name} is published on ${node}; data channels do not reach other nodes yet`);
}

function missingSession(appId: string, sessionId: string): LocatedChannel {
  return failed('session_not_found', `app ${appId} has no session ${sessionId}`);
}

function failed(code: ErrorCode, description: string): LocatedChannel {
  return { type: 'failed', code, description };
}
