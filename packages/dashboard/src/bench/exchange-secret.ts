/** Exchanges the app's secret for a token, so that the page holds and stores no secret. */
import { createSfuApi } from '@causeway/client';
import type { Credentials } from '../console/credentials.ts';

/** The longest lifetime of a token (docs/api.md §15), so that the bench can stay open for a day. */
const TOKEN_SECONDS = 86_400;
/** A JWT, which is a token already; no secret has two dots. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Exchanges the secret of an app for a token; a token is returned as it is.
 *
 * @throws SfuApiError – the secret does not open the app, or the app accepts it only from servers
 */
export async function exchangeSecret(baseUrl: string, credentials: Credentials, send?: typeof fetch): Promise<Credentials> {
  const { appId, secret } = credentials;
  if (TOKEN.test(secret)) return credentials;
  const api = createSfuApi({ url: baseUrl, appId, credential: secret, ...(send === undefined ? {} : { fetch: send }) });
  const sub = `bench:${Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  const { token } = await api.mintToken({ sub, expiresIn: TOKEN_SECONDS });
  return { appId, secret: token };
}
