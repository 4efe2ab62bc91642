/**
 * The cookie of a sign-in. Scripts cannot read it, other sites cannot have it sent, and because of the prefix `__Host-`
 * no other host can set it. On `http://localhost`, where browsers differ about `Secure`, it has a plain name with the
 * port, since ports share cookies.
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

/** @returns undefined if there is no cookie of the right form */
export function readSignInCookie(request: Request): string | undefined {
  const names = [SECURE_NAME, plainNameOf(request)];
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value = ''] = part.trim().split('=', 2);
    if (names.includes(name) && TOKEN.test(value)) return value;
  }
  return undefined;
}

/** Makes the browser keep a sign-in, or forget its present one. */
export function writeSignInCookie(request: Request, response: Response, signIn: OpenedSignIn | 'ended'): void {
  const plainName = isPlainLocal(request) ? plainNameOf(request) : undefined;
  const value = signIn === 'ended' ? '' : signIn.token;
  const maxAgeSeconds = signIn === 'ended' ? 0 : SIGN_IN_LIFE_MS / MS_PER_SECOND;
  const attributes = ['Path=/', `Max-Age=${maxAgeSeconds}`, 'HttpOnly', 'SameSite=Strict', ...(plainName === undefined ? ['Secure'] : [])];
  response.append('Set-Cookie', `${plainName ?? SECURE_NAME}=${value}; ${attributes.join('; ')}`);
}

/**
 * Checks that a call that signs a person in comes from a page of this origin, to which the browser can give the cookie,
 * or from no page.
 *
 * @throws forbidden – it comes from a page of another site, or from one on plain HTTP
 */
export function requireOwnOrigin(request: Request): void {
  if (isForeign(request)) throw new SfuError('forbidden', 'people can sign in only from pages of this node');
  const isPlain = request.headers.origin?.startsWith('http:') === true;
  if (isPlain && !isPlainLocal(request)) {
    throw new SfuError(
      'forbidden',
      'people can sign in only over HTTPS or on localhost, because a password must not cross a network unencrypted',
    );
  }
}

/**
 * Checks that a call with a cookie was made by a page of this node, since the browser also adds the cookie to calls of
 * other pages of this site.
 *
 * @throws forbidden – it changes something, and comes from another page, or the browser does not say from which
 */
export function requireOwnPage(request: Request): void {
  if (request.method === 'GET') return;
  const doesTell = request.headers.origin !== undefined || request.get('Sec-Fetch-Site') !== undefined;
  if (!doesTell || isForeign(request)) throw new SfuError('forbidden', 'a sign-in can be used only by pages of this node');
}

function isForeign(request: Request): boolean {
  const site = request.get('Sec-Fetch-Site');
  if (site !== undefined) return site !== 'same-origin';
  const { origin, host } = request.headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}

/** The origin is checked too, because a proxy on this machine may call the node by a local name on behalf of remote pages. */
function isPlainLocal({ headers: { host = '', origin = 'http://localhost' } }: Request): boolean {
  return LOOPBACK_HOST.test(host) && URL.canParse(origin) && isPlainLoopback(new URL(origin));
}

function isPlainLoopback({ protocol, host }: URL): boolean {
  return protocol === 'http:' && LOOPBACK_HOST.test(host);
}

/** @returns undefined if the host is not this machine */
function plainNameOf({ headers: { host = '' } }: Request): string | undefined {
  const match = LOOPBACK_HOST.exec(host);
  return match === null ? undefined : `causeway-sign-in-${match[1] ?? '80'}`;
}
