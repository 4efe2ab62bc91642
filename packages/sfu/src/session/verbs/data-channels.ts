/** Negotiates the m-section that calls about data channels need. */
import {
  allFailedError,
  type PublishDataChannelItem,
  type PublishDataChannelsReply,
  type PublishDataChannelsRequest,
  type PublishedDataChannelResult,
  type SessionDescription,
  type SessionId,
  SfuError,
  type SubscribeDataChannelItem,
  type SubscribeDataChannelsReply,
  type SubscribeDataChannelsRequest,
  type SubscribedDataChannelResult,
  type TokenGrants,
} from '@causeway/protocol';
import { agreedData } from '../../negotiation/index.ts';
import { publishedResult, subscribedResult } from '../data/data-records.ts';
import { currentChannel, type LocatedChannel, locateDataChannel } from '../data/locate-data-channel.ts';
import type { Published } from '../data/published-channels.ts';
import type { Subscribed } from '../data/subscribed-channels.ts';
import type { Session } from '../session.ts';
import { mayPublishData, publishRuleOf, refuseHosted } from '../session-access.ts';
import { type AnsweredClient, answerClientOffer, commitAnswered, readClientOffer } from './answer-client-offer.ts';

/** The part of a reply that concerns SDP. */
export interface DataNegotiation {
  readonly immediateRenegotiationRequired: boolean;
  readonly sessionDescription?: SessionDescription;
  readonly sessionId: SessionId;
}

/**
 * Answers the offer that came with a call, without committing the outcome.
 *
 * @returns undefined if there was no offer
 * @throws invalid_session_description – the offer cannot be used, or has no m=application
 * @throws negotiation_glare – an offer of the SFU is open; nothing was changed
 */
async function readDataOffer(
  session: Session,
  sdp: string | undefined,
  caller: TokenGrants | undefined,
): Promise<AnsweredClient | undefined> {
  refuseHosted(session);
  if (sdp === undefined) return undefined;
  const offer = await readClientOffer(session, sdp);
  const client = answerClientOffer(session, session.negotiation, offer, {
    publish: [],
    autoPublish: session.autoPublish ? 'new' : 'none',
    mayPublish: publishRuleOf(caller),
    subscribe: [],
  });
  if (agreedData(client.answered.state) !== undefined) return client;
  throw new SfuError(
    'invalid_session_description',
    'the offer has no m=application section in use; call createDataChannel before createOffer',
  );
}

/**
 * Makes sure that data channels are negotiated, by the client's offer or by one of the SFU's.
 *
 * @param takeBack undoes what the call has done if they cannot be negotiated now
 * @returns a function whose promise resolves to that part of the reply. It may have to wait for an answer, which is
 * itself a call, so await it outside the lane
 */
function negotiateData(session: Session, client: AnsweredClient | undefined, takeBack: () => void): () => Promise<DataNegotiation> {
  const settled = (client === undefined ? offerData(session) : answerData(session, client)).catch((error: unknown) => {
    takeBack();
    throw error;
  });
  // A failure is reported to the caller that awaits it, not to the process.
  settled.catch(() => undefined);
  return () => settled;
}

async function offerData(session: Session): Promise<DataNegotiation> {
  return { ...(await session.desk.openData()), sessionId: session.id };
}

async function answerData(session: Session, client: AnsweredClient): Promise<DataNegotiation> {
  const sessionDescription = await commitAnswered(session, client);
  return { immediateRenegotiationRequired: false, sessionDescription, sessionId: session.id };
}

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
    const dataChannels = subscribed.map(({ item, outcome }) => subscriptionResultOf(item, outcome));
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

function subscriptionResultOf(
  { remoteSessionId, dataChannelName }: SubscribeDataChannelItem,
  outcome: Subscribed,
): SubscribedDataChannelResult {
  if (outcome.type === 'failed')
    return { remoteSessionId, dataChannelName, errorCode: outcome.code, errorDescription: outcome.description };
  const result = subscribedResult(outcome.subscription);
  return outcome.isNew ? result : { ...result, alreadySubscribed: true };
}
