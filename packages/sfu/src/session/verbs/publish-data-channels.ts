import {
  allFailedError,
  type PublishDataChannelItem,
  type PublishDataChannelsReply,
  type PublishDataChannelsRequest,
  type PublishedDataChannelResult,
  type TokenGrants,
} from '@causeway/protocol';
import { publishedResult } from '../data/data-records.ts';
import type { Published } from '../data/published-channels.ts';
import type { Session } from '../session.ts';
import { mayPublishData } from '../session-access.ts';
import { negotiateData, readDataOffer } from './negotiate-data.ts';

/**
 * `POST /datachannel/publish`. New channels are withdrawn again if data channels cannot be negotiated. If every item
 * fails, the call fails and nothing is applied.
 */
export async function publishDataChannels(
  session: Session,
  request: PublishDataChannelsRequest,
  caller: TokenGrants | undefined,
): Promise<PublishDataChannelsReply> {
  const { negotiated, dataChannels } = await session.run(async () => {
    const offer = await readDataOffer(session, request.sessionDescription?.sdp, caller);
    const published = request.dataChannels.map((item) => ({ item, outcome: publishOne(session, item, caller) }));
    const dataChannels = published.map(({ item, outcome }) => resultOf(item, outcome));
    const failure = allFailedError(dataChannels, 'dataChannels');
    if (failure !== undefined) throw failure;
    const withdraw = (): void => {
      for (const { outcome } of published)
        if (outcome.type === 'published' && outcome.isNew) session.data.published.unpublish(outcome.publication.name, 'requested');
    };
    return { negotiated: negotiateData(session, offer, withdraw), dataChannels };
  });
  return { ...(await negotiated()), dataChannels };
}

function publishOne(session: Session, item: PublishDataChannelItem, caller: TokenGrants | undefined): Published {
  if (mayPublishData(caller, item.dataChannelName)) return session.data.published.publish(item);
  return { type: 'failed', code: 'forbidden', description: `the caller may not publish a data channel named ${item.dataChannelName}` };
}

function resultOf({ dataChannelName }: PublishDataChannelItem, outcome: Published): PublishedDataChannelResult {
  if (outcome.type === 'published') return publishedResult(outcome.publication);
  return { dataChannelName, errorCode: outcome.code, errorDescription: outcome.description };
}
