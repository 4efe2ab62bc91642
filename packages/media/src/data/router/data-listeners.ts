/** What becomes of publications and subscriptions of data, as events, counters and charges. */
import { decodeUtf8 } from '@causeway/wire';
import type { DataMessage } from '../data-channel.ts';
import type { DataPeer } from './data-peer.ts';
import type { DataPublication, DataPublicationListener } from './data-publication.ts';
import type { DataRouterOptions } from './data-router.ts';
import type { DataSubscription, DataSubscriptionListener } from './data-subscription.ts';

/** What the router does when one of them is over. */
export interface DataEndings {
  end(nowMs: number, publication: DataPublication): void;
  forget(subscription: DataSubscription): void;
}

export interface DataListeners {
  readonly publicationListener: DataPublicationListener;
  readonly subscriptionListener: DataSubscriptionListener;
}

export function createDataListeners(options: DataRouterOptions, endings: DataEndings): DataListeners {
  const subscriptionListener = createSubscriptionListener(options, endings);
  return { subscriptionListener, publicationListener: createPublicationListener(options, endings, subscriptionListener) };
}

/** For the owner of the engine, who gets text as text. */
export function contentOf({ kind, data }: DataMessage): Uint8Array | string {
  return kind === 'text' ? decodeUtf8(data, 0, data.length) : data;
}

function createSubscriptionListener(options: DataRouterOptions, { forget }: DataEndings): DataSubscriptionListener {
  const { counters, onEvent } = options;
  return {
    onSubscriptionOpened: ({ plan: { subscriptionId } }) => onEvent({ type: 'data-subscription-opened', subscriptionId }),
    onSubscriptionClosed(_nowMs, subscription, reason) {
      const { subscriptionId } = subscription.plan;
      forget(subscription);
      if (reason === 'overflow') counters.overflowedSubscriptions++;
      onEvent({ type: 'data-subscription-closed', subscriptionId, reason });
    },
    onTooLarge({ plan: { subscriptionId } }, sizeBytes, maxMessageBytes) {
      onEvent({ type: 'data-message-too-large', subscriptionId, sizeBytes, maxMessageBytes });
    },
    onBufferedLow({ plan: { subscriptionId } }, bufferedBytes) {
      onEvent({ type: 'data-buffered-low', subscriptionId, bufferedBytes });
    },
    onDropped() {
      counters.droppedMessages++;
    },
    onSent: ({ plan, peer }, sizeBytes) => charge(options, plan.account, peer, sizeBytes),
    onReceived({ plan: { subscriptionId } }, message) {
      onEvent({ type: 'data-received', subscriptionId, data: contentOf(message) });
    },
  };
}

function createPublicationListener(
  options: DataRouterOptions,
  { end }: DataEndings,
  subscriptionListener: DataSubscriptionListener,
): DataPublicationListener {
  const { counters, onEvent } = options;
  return {
    onPublicationClosed(nowMs, publication, reason) {
      end(nowMs, publication);
      onEvent({ type: 'data-publication-closed', publicationId: publication.plan.publicationId, reason });
    },
    onReply({ plan: { publicationId } }, message) {
      onEvent({ type: 'data-reply-received', publicationId, data: contentOf(message) });
    },
    onReplyOverflow(nowMs, subscription) {
      subscription.close(nowMs);
      subscriptionListener.onSubscriptionClosed(nowMs, subscription, 'overflow');
    },
    onReplyRefused() {
      counters.refusedReplies++;
    },
    onReplySent: ({ plan, peer }, sizeBytes) => charge(options, plan.account, peer, sizeBytes),
  };
}

/** Links of a process cost nobody anything: they have no account, and nor have their plans. */
function charge({ charge: take }: DataRouterOptions, ofPlan: string | undefined, peer: DataPeer | undefined, sizeBytes: number): void {
  const account = ofPlan ?? peer?.port.account;
  if (account === undefined || peer === undefined || sizeBytes === 0) return;
  take(account, sizeBytes, peer.port.isLink ? 'relay' : 'data');
}
