/** What sends requests to receivers of webhooks. */

/** One request. */
export interface DeliveryRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Why there was no reply. */
export type DeliveryError =
  /** The URL may not be used (any more). */
  | 'url_refused'
  /** Its name leads to an address that is not public. */
  | 'address_refused'
  | 'name_not_found'
  | 'connection_failed'
  /** The certificate is not for that name, or not to be trusted. */
  | 'tls_failed'
  | 'timeout'
  /** What came back is no reply of HTTP. */
  | 'invalid_reply'
  /** The node is about to end. */
  | 'interrupted';

/** What came back. */
export type DeliveryReply =
  | {
      readonly type: 'reply';
      readonly status: number;
      readonly durationMs: number;
      /** How the body began. */
      readonly excerpt: string;
      /** From `Retry-After`; undefined without it. */
      readonly retryAfterMs: number | undefined;
    }
  | { readonly type: 'none'; readonly error: DeliveryError; readonly durationMs: number };

/** Sends requests. */
export interface DeliverySender {
  /** Never rejects, and takes a few seconds at most once it has begun. */
  send(request: DeliveryRequest): Promise<DeliveryReply>;
  /** What is under way is interrupted. */
  close(): Promise<void>;
}
