/** Calls that change, end or list existing data channels; none of them changes the SDP. */
import {
  allFailedError,
  type CloseDataChannelItem,
  type CloseDataChannelsReply,
  type CloseDataChannelsRequest,
  type ClosedDataChannelResult,
  type ListDataChannelsReply,
  type UpdateDataChannelItem,
  type UpdateDataChannelsReply,
  type UpdateDataChannelsRequest,
  type UpdatedDataChannelResult,
} from '@causeway/protocol';
import { type DataSubscription, publishedResult, replyRightOf, subscribedResult } from '../data/data-records.ts';
import type { SessionData } from '../data/session-data.ts';
import type { Session } from '../session.ts';

/** `PUT /datachannel/update`: changes who may reply, and pauses or resumes. */
export function updateDataChannels(session: Session, request: UpdateDataChannelsRequest): Promise<UpdateDataChannelsReply> {
  return session.run(async () => {
    const dataChannels = request.dataChannels.map((item) => updateOne(session, item));
    const failure = allFailedError(dataChannels, 'dataChannels');
    if (failure !== undefined) throw failure;
    return { sessionId: session.id, dataChannels };
  });
}

/** `POST /datachannel/close`: unpublishes channels and ends subscriptions. */
export function closeDataChannels(session: Session, request: CloseDataChannelsRequest): Promise<CloseDataChannelsReply> {
  return session.run(async () => {
    const dataChannels = request.dataChannels.map((item) => closeOne(session.data, item));
    return { sessionId: session.id, success: true, dataChannels };
  });
}

/** `GET /datachannels` */
export function listDataChannels({ id: sessionId, data, isHosted }: Session): ListDataChannelsReply {
  const published = data.published.all().map((publication) => publishedResult(publication, isHosted));
  return { sessionId, published, subscribed: data.subscribed.all().map(subscribedResult) };
}

function updateOne(session: Session, item: UpdateDataChannelItem): UpdatedDataChannelResult {
  const { id, remoteSessionId, dataChannelName, canReply, paused } = item;
  const known = findSubscription(session.data, item);
  const changed =
    known &&
    session.data.subscribed.change(known.id, {
      ...(canReply !== undefined && { canReply: replyRightOf(canReply) }),
      ...(paused !== undefined && { isPaused: paused }),
    });
  if (changed !== undefined) return subscribedResult(changed);
  const channel = id === undefined ? `data channel ${dataChannelName} of session ${remoteSessionId}` : `a data channel with id ${id}`;
  return {
    ...(id !== undefined && { id }),
    ...(remoteSessionId !== undefined && { remoteSessionId }),
    ...(dataChannelName !== undefined && { dataChannelName }),
    errorCode: 'data_channel_not_found',
    errorDescription: `session ${session.id} does not subscribe to ${channel}`,
  };
}

function closeOne(data: SessionData, item: CloseDataChannelItem): ClosedDataChannelResult {
  const { id, dataChannelName, remoteSessionId } = item;
  const subscription = id === undefined && remoteSessionId === undefined ? undefined : findSubscription(data, item);
  if (subscription !== undefined) {
    data.subscribed.unsubscribe(subscription.id, 'unsubscribed');
    return {
      dataChannelName: subscription.name,
      remoteSessionId: subscription.remoteSessionId,
      id: subscription.streamId,
      status: 'closed',
    };
  }
  const publication =
    remoteSessionId === undefined
      ? data.published.all().find(({ name, streamId }) => (id === undefined ? name === dataChannelName : streamId === id))
      : undefined;
  if (publication === undefined) {
    return {
      ...(dataChannelName !== undefined && { dataChannelName }),
      ...(remoteSessionId !== undefined && { remoteSessionId }),
      ...(id !== undefined && { id }),
      status: 'already_closed',
    };
  }
  data.published.unpublish(publication.name, 'requested');
  return { dataChannelName: publication.name, ...(publication.streamId !== undefined && { id: publication.streamId }), status: 'closed' };
}

/** Finds a subscription by stream id, or by session and name. */
function findSubscription(
  data: SessionData,
  { id, remoteSessionId, dataChannelName }: Pick<CloseDataChannelItem, 'id' | 'remoteSessionId' | 'dataChannelName'>,
): DataSubscription | undefined {
  if (id !== undefined) return data.subscribed.all().find(({ streamId }) => streamId === id);
  return data.subscribed.find(remoteSessionId ?? '', dataChannelName ?? '');
}
