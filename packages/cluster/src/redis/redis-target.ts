/** The address of Redis, as an operator configures it in one URL. */

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export interface RedisAccess {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
}

export type RedisTarget =
  | (RedisAccess & { readonly type: 'single'; readonly address: RedisAddress; readonly database: number })
  | (RedisAccess & {
      readonly type: 'sentinel';
      readonly sentinels: readonly RedisAddress[];
      readonly masterName: string;
      readonly sentinelPassword: string | undefined;
      readonly database: number;
    })
  | (RedisAccess & { readonly type: 'cluster'; readonly nodes: readonly RedisAddress[] });

const SCHEME = /^(rediss?)(\+sentinel|\+cluster)?:\/\/(.*)$/s;
const REDIS_PORT = 6_379;
const SENTINEL_PORT = 26_379;
const MAX_PORT = 65_535;

/**
 * Parses `redis://`, `redis+sentinel://` and `redis+cluster://` URLs, and their `rediss` forms for TLS. The latter two
 * contain several addresses, which standard URLs do not allow, so they are parsed here.
 *
 * @throws Error if the URL is invalid; the message does not contain the URL, because it may contain a password
 */
export function parseRedisUrl(url: string): RedisTarget {
  const [, scheme, kind = '', rest = ''] = SCHEME.exec(url) ?? refuse('redis://, redis+sentinel:// or redis+cluster:// and an address');
  const [beforeQuery = '', query = ''] = splitOnce(rest, '?');
  const [authority = '', path = ''] = splitOnce(beforeQuery, '/');
  const at = authority.lastIndexOf('@');
  const access = { ...readUser(authority.slice(0, Math.max(0, at))), isTls: scheme === 'rediss' };
  const hosts = authority.slice(at + 1);
  const segments = path.split('/').filter((segment) => segment !== '');
  switch (kind) {
    case '+sentinel':
      return { ...access, type: 'sentinel', sentinels: readHosts(hosts, SENTINEL_PORT), ...readMaster(segments, query) };
    case '+cluster':
      if (segments.length > 0) refuse('no path: Redis Cluster has no databases');
      return { ...access, type: 'cluster', nodes: readHosts(hosts, REDIS_PORT) };
    default:
      return { ...access, type: 'single', address: readOneHost(hosts), database: readDatabase(segments[0]) };
  }
}

function readMaster(segments: readonly string[], query: string) {
  const [masterName, database] = segments;
  if (masterName === undefined) return refuse('the name of the master, as in redis+sentinel://host:26379/master-name');
  const sentinelPassword = new URLSearchParams(query).get('sentinelPassword') ?? undefined;
  return { masterName: decode(masterName), sentinelPassword, database: readDatabase(database) };
}

function readUser(user: string): { readonly username: string | undefined; readonly password: string | undefined } {
  const [username = '', password = ''] = splitOnce(user, ':');
  return { username: decode(username) || undefined, password: decode(password) || undefined };
}

function readOneHost(text: string): RedisAddress {
  const [address, ...others] = readHosts(text, REDIS_PORT);
  return address !== undefined && others.length === 0
    ? address
    : refuse('one address; several belong to redis+sentinel:// or redis+cluster://');
}

function readHosts(text: string, defaultPort: number): readonly RedisAddress[] {
  return text.split(',').map((entry) => {
    // IPv6 addresses are in brackets, as in every URL.
    const [, bracketed, plain, port] =
      /^(?:\[([^\]]+)\]|([^:\s]+))(?::(\d{1,5}))?$/.exec(entry) ?? refuse('host or host:port as an address');
    const address = { host: bracketed ?? plain ?? '', port: Number(port ?? defaultPort) };
    return address.port > 0 && address.port <= MAX_PORT ? address : refuse(`a port of at most ${MAX_PORT}`);
  });
}

function readDatabase(text: string | undefined): number {
  if (text === undefined) return 0;
  return /^\d{1,5}$/.test(text) ? Number(text) : refuse('the number of a database');
}

function splitOnce(text: string, separator: string): readonly string[] {
  const index = text.indexOf(separator);
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + separator.length)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('"%" as "%25"');
  }
}

function refuse(expected: string): never {
  throw new Error(`the URL of Redis must have ${expected}`);
}
