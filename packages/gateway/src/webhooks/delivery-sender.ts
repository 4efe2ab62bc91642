/** The interface between dispatchers and the code that sends HTTP requests to receivers of webhooks. */
import type { AppId } from '@causeway/protocol';

/** The request of one attempt, sent with POST. */
export interface DeliveryRequest {
  /** The organisation and the app that own the webhook, among which senders are fair. */
  readonly orgId: string;
  readonly appId: AppId;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Why a request received no response. */
export type DeliveryError =
  /** The URL is not, or no longer, allowed. */
  | 'url_refused'
  /** The host name resolves to an address that is not allowed. */
  | 'address_refused'
  | 'name_not_found'
  | 'connection_failed'
  /** The certificate is not trusted, or is for another name. */
  | 'tls_failed'
  | 'timeout'
  /** The response was not valid HTTP. */
  | 'invalid_reply'
  /** The node is about to end. */
  | 'interrupted';

/** The outcome of a request. */
export type DeliveryReply =
  | {
      readonly type: 'reply';
      readonly status: number;
      readonly durationMs: number;
      /** The start of the body. */
      readonly excerpt: string;
      /** The delay that `Retry-After` asks for; undefined without that header. */
      readonly retryAfterMs: number | undefined;
    }
  | { readonly type: 'none'; readonly error: DeliveryError; readonly durationMs: number };

/** Sends requests to receivers. */
export interface DeliverySender {
  /** Never rejects, and takes at most a few seconds once the request has started. */
  send(request: DeliveryRequest): Promise<DeliveryReply>;
  /** Interrupts the requests that are under way. */
  close(): Promise<void>;
}
