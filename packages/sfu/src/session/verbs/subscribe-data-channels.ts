import {
  allFailedError,
  type SubscribeDataChannelItem,
  type SubscribeDataChannelsReply,
  type SubscribeDataChannelsRequest,
  type SubscribedDataChannelResult,
  type TokenGrants,
} from '@causeway/protocol';
import { subscribedResult } from '../data/data-records.ts';
import { currentChannel, type LocatedChannel, locateDataChannel } from '../data/locate-data-channel.ts';
import type { Subscribed } from '../data/subscribed-channels.ts';
import type { Session } from '../session.ts';
import { negotiateData, readDataOffer } from './negotiate-data.ts';

/**
 * `POST /datachannel/subscribe`. New subscriptions end again if data channels cannot be negotiated. If every item
 * fails, the call fails and nothing is applied.
 */
export async function subscribeDataChannels(
  session: Session,
  request: SubscribeDataChannelsRequest,
  caller: TokenGrants | undefined,
): Promise<SubscribeDataChannelsReply> {
  const { negotiated, dataChannels } = await session.run(async () => {
    session.place.checkEgress();
    const receiver = { appId: session.appId, sessionId: session.id, caller };
    const located = await Promise.all(
      request.dataChannels.map(async (item) => ({ item, channel: await locateDataChannel(receiver, item, session.parts) })),
    );
    const offer = await readDataOffer(session, request.sessionDescription?.sdp, caller);
    const subscribed = located.map(({ item, channel }) => ({ item, outcome: subscribeOne(session, item, channel) }));
    const dataChannels = subscribed.map(({ item, outcome }) => resultOf(item, outcome));
    const failure = allFailedError(dataChannels, 'dataChannels');
    if (failure !== undefined) throw failure;
    const takeBack = (): void => {
      for (const { outcome } of subscribed)
        if (outcome.type === 'subscribed' && outcome.isNew) session.data.subscribed.unsubscribe(outcome.subscription.id, 'unsubscribed');
    };
    return { negotiated: negotiateData(session, offer, takeBack), dataChannels };
  });
  return { ...(await negotiated()), dataChannels };
}

/** The channel may have ended during the lookup, or another one may have taken its name. */
function subscribeOne(session: Session, item: SubscribeDataChannelItem, channel: LocatedChannel): Subscribed {
  if (channel.type === 'failed') return channel;
  const { remoteSessionId, dataChannelName } = item;
  const current = currentChannel(session, item, channel.record);
  if (current !== undefined) return session.data.subscribed.subscribe(item, current);
  const description = `data channel ${dataChannelName} of session ${remoteSessionId} has just ended`;
  return { type: 'failed', code: 'data_channel_not_found', description };
}

function resultOf({ remoteSessionId, dataChannelName }: SubscribeDataChannelItem, outcome: Subscribed): SubscribedDataChannelResult {
  if (outcome.type === 'failed')
    return { remoteSessionId, dataChannelName, errorCode: outcome.code, errorDescription: outcome.description };
  const result = subscribedResult(outcome.subscription);
  return outcome.isNew ? result : { ...result, alreadySubscribed: true };
}
