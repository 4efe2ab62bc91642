import { isIP } from 'node:net';
import type { AddressPolicy } from './address-policy.ts';

/** Names that never resolve in the public DNS (RFC 6761, RFC 6762, RFC 8375, and `internal`, which ICANN reserves). */
const LOCAL_NAMES = /(?:^|\.)(?:localhost|local|internal|home\.arpa|invalid|onion)$/;
/** Ports that browsers block, since a service there may read a request as another protocol. Low ports but 80 and 443 are refused too. */
const OTHER_PROTOCOLS: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);
const FIRST_FREE_PORT = 1_024;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };

/** A valid URL, or the problem with it, worded to follow "url" in a sentence. */
export type CheckedUrl = { readonly url: URL } | { readonly problem: string };

/**
 * Validates the URL of a webhook. The addresses of its host name are not known here, so they are checked at every connection.
 */
export function checkWebhookUrl(text: string, policy: AddressPolicy): CheckedUrl {
  if (!URL.canParse(text)) return { problem: 'must be a URL such as https://example.org/hook' };
  const url = new URL(text);
  const problem = problemOfScheme(url, policy) ?? problemOfParts(url) ?? problemOfHost(url, policy);
  return problem === undefined ? { url } : { problem };
}

/** Returns the host without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function problemOfScheme({ protocol }: URL, { hasExceptions }: AddressPolicy): string | undefined {
  if (protocol === 'https:' || (protocol === 'http:' && hasExceptions)) return undefined;
  return protocol === 'http:'
    ? 'must begin with https:; plain HTTP is for addresses in CAUSEWAY_WEBHOOKS_ALLOW_PRIVATE'
    : 'must begin with https:';
}

function problemOfParts({ username, password, hash, port, protocol }: URL): string | undefined {
  if (username !== '' || password !== '') return 'must not contain a user or password; receivers know nodes by their signatures';
  if (hash !== '') return 'must not have a fragment';
  const number = port === '' ? DEFAULT_PORTS[protocol] : Number(port);
  const isFree = number === 443 || number === 80 || (number !== undefined && number >= FIRST_FREE_PORT && !OTHER_PROTOCOLS.has(number));
  return isFree ? undefined : `has port ${port}, which belongs to another protocol; use 443 or one from 1024`;
}

function problemOfHost(url: URL, policy: AddressPolicy): string | undefined {
  const host = hostOf(url);
  const refused = 'must lead to a public address; others must be in CAUSEWAY_WEBHOOKS_ALLOW_PRIVATE';
  if (isIP(host) !== 0) {
    const verdict = policy.judge(host);
    return verdict === 'refused' || (verdict === 'public' && url.protocol === 'http:') ? refused : undefined;
  }
  const name = host.replace(/\.$/, '').toLowerCase();
  const isLocal = !name.includes('.') || LOCAL_NAMES.test(name);
  return isLocal && !policy.hasExceptions ? refused : undefined;
}
