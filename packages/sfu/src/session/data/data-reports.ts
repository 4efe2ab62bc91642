/** Reports the events of a session's data channels. */
import type { AppId, ErrorCode, SessionId } from '@causeway/protocol';
import type { DataChannelCloseReason, DataSubscriptionEndReason, SfuEvent } from '../../events.ts';
import type { DataSubscription } from './data-records.ts';

export class DataReports {
  readonly #appId: AppId;
  readonly #sessionId: SessionId;
  readonly #onEvent: (event: SfuEvent) => void;

  constructor(appId: AppId, sessionId: SessionId, onEvent: (event: SfuEvent) => void) {
    this.#appId = appId;
    this.#sessionId = sessionId;
    this.#onEvent = onEvent;
  }

  published(dataChannelName: string, streamId: number | undefined): void {
    this.#onEvent({ type: 'datachannel.published', ...this.#who(), dataChannelName, streamId });
  }

  closed(dataChannelName: string, reason: DataChannelCloseReason): void {
    this.#onEvent({ type: 'datachannel.closed', ...this.#who(), dataChannelName, reason });
  }

  /** A channel that the page opened could not be published, or one that it requested could not be delivered. */
  failed(dataChannelName: string, remoteSessionId: string | undefined, errorCode: ErrorCode): void {
    this.#onEvent({ type: 'datachannel.failed', ...this.#who(), dataChannelName, remoteSessionId, errorCode });
  }

  subscribed(subscription: DataSubscription): void {
    this.#onEvent({ type: 'datachannel.subscribed', ...this.#facts(subscription) });
  }

  unsubscribed(subscription: DataSubscription, reason: DataSubscriptionEndReason): void {
    this.#onEvent({ type: 'datachannel.unsubscribed', ...this.#facts(subscription), reason });
  }

  /** The peer did not accept reliable messages as fast as they arrived. */
  overflowed(subscription: DataSubscription): void {
    this.#onEvent({ type: 'datachannel.overflow', ...this.#facts(subscription) });
  }

  oversized(subscription: DataSubscription, sizeBytes: number, maxMessageBytes: number): void {
    this.#onEvent({ type: 'datachannel.oversized', ...this.#facts(subscription), sizeBytes, maxMessageBytes });
  }

  #facts({ remoteSessionId, name, streamId }: DataSubscription) {
    return { ...this.#who(), remoteSessionId, dataChannelName: name, streamId };
  }

  #who(): { readonly appId: AppId; readonly sessionId: SessionId } {
    return { appId: this.#appId, sessionId: this.#sessionId };
  }
}
