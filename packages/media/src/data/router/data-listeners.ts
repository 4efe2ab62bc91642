/** Turns what happens to data publications and subscriptions into events, counters and charges. */
import { decodeUtf8 } from '@causeway/wire';
import type { EngineEventListener } from '../../engine-messages.ts';
import type { DataMessage } from '../data-channel.ts';
import type { DataCounters } from '../data-counters.ts';
import type { DataSubscriptionPlan } from '../data-plan.ts';
import type { DataPeer, DataPort } from './data-peer.ts';
import type { DataPublication, DataPublicationListener } from './data-publication.ts';
import type { DataSubscription, DataSubscriptionListener } from './data-subscription.ts';

/** Where the router reports to. */
export interface DataReportOptions {
  readonly counters: DataCounters;
  readonly onEvent: EngineEventListener;
  /** Charges an account for payload bytes that were sent to a peer or over a link. */
  readonly charge: (account: string, peer: DataPort, track: string, sizeBytes: number) => void;
}

/** What the router does when a publication or subscription is over. */
export interface DataEndings {
  end(nowMs: number, publication: DataPublication): void;
  forget(subscription: DataSubscription): void;
}

export interface DataListeners {
  readonly publicationListener: DataPublicationListener;
  readonly subscriptionListener: DataSubscriptionListener;
}

export function createDataListeners(options: DataReportOptions, endings: DataEndings): DataListeners {
  const subscriptionListener = createSubscriptionListener(options, endings);
  return { subscriptionListener, publicationListener: createPublicationListener(options, endings) };
}

/** The content for the owner of the engine, which receives text as a string. */
export function contentOf({ kind, data }: DataMessage): Uint8Array | string {
  return kind === 'text' ? decodeUtf8(data, 0, data.length) : data;
}

function createSubscriptionListener(options: DataReportOptions, { forget }: DataEndings): DataSubscriptionListener {
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
    onMisnumbered() {
      counters.misnumberedMessages++;
    },
    onSent: ({ plan, peer }, sizeBytes) => charge(options, plan, peer, sizeBytes),
    onReceived({ plan: { subscriptionId } }, message) {
      onEvent({ type: 'data-received', subscriptionId, data: contentOf(message) });
    },
  };
}

function createPublicationListener(options: DataReportOptions, { end }: DataEndings): DataPublicationListener {
  const { counters, onEvent } = options;
  return {
    onPublicationClosed(nowMs, publication, reason) {
      end(nowMs, publication);
      onEvent({ type: 'data-publication-closed', publicationId: publication.plan.publicationId, reason });
    },
    onReply({ plan: { publicationId } }, message) {
      onEvent({ type: 'data-reply-received', publicationId, data: contentOf(message) });
    },
    onReplyRefused() {
      counters.refusedReplies++;
    },
    onMisnumbered() {
      counters.misnumberedMessages++;
    },
    onReplySent: ({ plan, peer }, sizeBytes) => charge(options, plan, peer, sizeBytes),
  };
}

type ChargedPlan = Pick<DataSubscriptionPlan, 'account' | 'chargedAs' | 'publicationId'>;

/**
 * Charges the account of a subscription or publication. Links within a process are not billed: neither they nor their plans have an
 * account.
 */
function charge({ charge: take }: DataReportOptions, plan: ChargedPlan, peer: DataPeer | undefined, sizeBytes: number): void {
  const account = plan.account ?? peer?.port.account;
  if (account === undefined || peer === undefined || sizeBytes === 0) return;
  take(account, peer.port, plan.chargedAs ?? plan.publicationId ?? '', sizeBytes);
}
