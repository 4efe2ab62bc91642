/** Identifies the caller of the admin API: a program with a key, or a person whose browser has signed in. */
import { type Accounts, type Books, digestSecret, type KeyUses } from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import type { Request } from 'express';
import type { AdminCaller, AdminRouteDescription } from './admin-route.ts';
import { readSignInCookie, requireOwnPage } from './sign-in-cookie.ts';

/** Where credentials are looked up. */
export interface CallerSources {
  readonly books: Books;
  readonly accounts: Accounts;
  readonly keyUses: Pick<KeyUses, 'note'> | undefined;
}

const BEARER = /^Bearer +(cwa_[A-Za-z0-9_-]{1,128}) *$/i;

/**
 * @throws SfuError `unauthorized` – there is no valid credential; `forbidden` – the sign-in is valid, but the page that
 * uses it is from another origin
 */
export async function identifyCaller(sources: CallerSources, { access }: AdminRouteDescription, request: Request): Promise<AdminCaller> {
  if (access === 'open') return { kind: 'stranger' };
  // A program that sends a key is identified by it, whatever cookie its HTTP client adds.
  const { authorization } = request.headers;
  const caller = authorization === undefined ? await identifyPerson(sources, request) : await identifyKey(sources, authorization);
  if (caller === undefined) {
    throw new SfuError('unauthorized', 'sign in, or send "Authorization: Bearer <key of the admin API>" with a key that begins with cwa_');
  }
  if (access === 'person' && caller.kind !== 'person')
    throw new SfuError('forbidden', 'this is for people who are signed in, not for keys');
  return caller;
}

async function identifyKey({ books, keyUses }: CallerSources, authorization: string): Promise<AdminCaller | undefined> {
  const [, secret] = BEARER.exec(authorization) ?? [];
  const digest = secret === undefined ? undefined : digestSecret(secret);
  const key = digest === undefined ? undefined : await books.findAdminKey(digest);
  if (key === undefined || digest === undefined) return undefined;
  keyUses?.note(digest, Date.now());
  return { kind: 'key', key };
}

async function identifyPerson({ accounts }: CallerSources, request: Request): Promise<AdminCaller | undefined> {
  const token = readSignInCookie(request);
  if (token === undefined) return undefined;
  const digest = digestSecret(token);
  const signedIn = await accounts.findSignIn(digest);
  if (signedIn === undefined) return undefined;
  requireOwnPage(request);
  return { kind: 'person', ...signedIn, digest };
}
