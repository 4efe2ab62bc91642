/** The public HTTP API through the client that users have, except that each call is sent once and without an idempotency key. */
import { createSfuApi, type SfuApi } from '@causeway/client';

export interface SfuAddress {
  /** The origin only, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly appId: string;
  readonly secret: string;
}

export interface RemoteTrack {
  readonly remoteSessionId: string;
  readonly remoteTrackId: string;
}

/** A call without a reply is a failure of the SFU here, and a key would make it remember every reply for ten minutes. */
export function createLoadApi({ url, appId, secret }: SfuAddress): SfuApi {
  return createSfuApi({ url, appId, credential: secret, resends: 0 });
}

/** The body of an offer that a load client has written. */
export function offerOf(sdp: string): { readonly sessionDescription: { readonly type: 'offer'; readonly sdp: string } } {
  return { sessionDescription: { type: 'offer', sdp } };
}
