/**
 * The cookie of a sign-in. Scripts cannot read it, other sites cannot have it sent, and with the prefix `__Host-` no other host can set it.
 * On `http://localhost`, where browsers differ about `Secure`, it has a plain name with the port, since ports share cookies.
 *
 * @see RFC 6265bis §4.1.3.2, https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
import { type OpenedSignIn, SIGN_IN_LIFE_MS } from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import type { Request, Response } from 'express';

const SECURE_NAME = '__Host-causeway-sign-in';
const LOOPBACK_HOST = /^(?:localhost|[a-z0-9-]+\.localhost|127\.0\.0\.1|\[::1\])(?::(\d+))?$/i;
const TOKEN = /^cwp_[A-Za-z0-9_-]{43}$/;
const MS_PER_SECOND = 1_000;

/** @returns undefined if there is none that could be one */
export function readSignInCookie(request: Request): string | undefined {
  const names = [SECURE_NAME, plainNameOf(request)];
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value = ''] = part.trim().split('=', 2);
    if (names.includes(name) && TOKEN.test(value)) return value;
  }
  return undefined;
}

/** Has the browser keep a sign-in, or forget the one that it has. */
export function writeSignInCookie(request: Request, response: Response, signIn: OpenedSignIn | 'ended'): void {
  const plainName = isPlainLocal(request) ? plainNameOf(request) : undefined;
  const value = signIn === 'ended' ? '' : signIn.token;
  const maxAgeSeconds = signIn === 'ended' ? 0 : SIGN_IN_LIFE_MS / MS_PER_SECOND;
  const attributes = ['Path=/', `Max-Age=${maxAgeSeconds}`, 'HttpOnly', 'SameSite=Strict', ...(plainName === undefined ? ['Secure'] : [])];
  response.append('Set-Cookie', `${plainName ?? SECURE_NAME}=${value}; ${attributes.join('; ')}`);
}

/**
 * Checks that a call which signs someone in comes from a page of this origin, to which the browser can give the cookie, or from no page.
 *
 * @throws forbidden – it is a page of another site, or one on plain http
 */
export function requireOwnOrigin(request: Request): void {
  if (isForeign(request)) throw new SfuError('forbidden', 'people sign in from the pages of this node alone');
  const isPlain = request.headers.origin?.startsWith('http:') === true;
  if (isPlain && !isPlainLocal(request)) {
    throw new SfuError('forbidden', 'people sign in over HTTPS, or on localhost: a password must not cross a network in clear');
  }
}

/**
 * Checks that a call with a cookie was made by a page of this node: the browser would add the cookie to calls of others of this site.
 *
 * @throws forbidden – it changes something, and its page is another one or does not tell
 */
export function requireOwnPage(request: Request): void {
  if (request.method === 'GET') return;
  const doesTell = request.headers.origin !== undefined || request.get('Sec-Fetch-Site') !== undefined;
  if (!doesTell || isForeign(request)) throw new SfuError('forbidden', 'a sign-in is good for the pages of this node alone');
}

function isForeign(request: Request): boolean {
  const site = request.get('Sec-Fetch-Site');
  if (site !== undefined) return site !== 'same-origin';
  const { origin, host } = request.headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}

/** Also by what the browser calls it: a proxy on this machine may call the node by a local name for pages from elsewhere. */
function isPlainLocal({ headers: { host = '', origin = 'http://localhost' } }: Request): boolean {
  return LOOPBACK_HOST.test(host) && URL.canParse(origin) && isPlainLoopback(new URL(origin));
}

function isPlainLoopback({ protocol, host }: URL): boolean {
  return protocol === 'http:' && LOOPBACK_HOST.test(host);
}

/** @returns undefined if this is not this machine */
function plainNameOf({ headers: { host = '' } }: Request): string | undefined {
  const match = LOOPBACK_HOST.exec(host);
  return match === null ? undefined : `causeway-sign-in-${match[1] ?? '80'}`;
}
