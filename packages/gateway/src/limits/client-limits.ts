/**
 * Limits for one client address at this node, across apps. Calls that other nodes forward for their clients do not
 * count here, because the node that the client called has counted them.
 */
import type { IncomingMessage } from 'node:http';
import { type AddressSet, createAddressSet } from '@causeway/cluster/address-set';
import { SfuError } from '@causeway/protocol';
import { clientAddressOf, clientKeyOf } from './client-address.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';

const SECONDS_PER_MINUTE = 60;
/** Sign-in attempts, valid or not: each costs 19 MiB and a core for about 50 ms. An office may share an address. */
const SIGN_INS_PER_MINUTE = 60;

/** Limits of one client address. */
export interface ClientLimitOptions {
  /** An address that has used them up is refused all calls until it has earned the next one; they are spread evenly over the minute. */
  readonly maxFailedAuthenticationsPerMinute: number;
  readonly maxNewSessionsPerSecond: number;
  /** Addresses and ranges such as `10.0.0.0/8` of proxies whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
}

/** Many users may share one address, and a backend may create the sessions of all its users. */
export const DEFAULT_CLIENT_LIMITS: ClientLimitOptions = {
  maxFailedAuthenticationsPerMinute: 300,
  maxNewSessionsPerSecond: 500,
  trustedProxies: [],
};

export const CLIENT_REFUSALS = ['authentications', 'sessions'] as const;

/** Why a client address was refused. */
export type ClientRefusal = (typeof CLIENT_REFUSALS)[number];

/** Refuses client addresses that fail to authenticate, or create sessions, too often. */
export class ClientLimits {
  readonly #options: ClientLimitOptions;
  readonly #trustedProxies: AddressSet;
  readonly #failures: RateLimiter;
  readonly #sessions: RateLimiter;
  readonly #signIns: RateLimiter;
  /** The number of calls of each address whose credential is being verified. */
  readonly #underWay = new Map<string, number>();
  readonly #refused: Record<ClientRefusal, number> = { authentications: 0, sessions: 0 };
  /** Addresses of clients whose requests another node has carried here, where those nodes knew them. */
  readonly #carried = new WeakMap<IncomingMessage, string | undefined>();

  /** @param now monotonic time in milliseconds */
  constructor(now: () => number, options: Partial<ClientLimitOptions> = {}) {
    this.#options = { ...DEFAULT_CLIENT_LIMITS, ...options };
    this.#trustedProxies = createAddressSet(this.#options.trustedProxies);
    this.#failures = createRateLimiter(now, SECONDS_PER_MINUTE);
    this.#sessions = createRateLimiter(now);
    this.#signIns = createRateLimiter(now, SECONDS_PER_MINUTE);
  }

  /** A copy of the counts. */
  get refused(): Readonly<Record<ClientRefusal, number>> {
    return { ...this.#refused };
  }

  /** The number of client addresses that are remembered. */
  get size(): number {
    return this.#failures.size + this.#sessions.size + this.#signIns.size;
  }

  /**
   * Verifies a credential, unless too many of this client address were invalid. It is then refused without
   * verification, so that the reply does not depend on whether it is valid. For an address with recent failures,
   * pending calls also count as failures.
   *
   * @throws rate_limited – too many calls of this client address have failed to authenticate
   * @throws whatever `authenticate` throws
   */
  async authenticated<Result>(request: IncomingMessage, authenticate: () => Promise<Result>): Promise<Result> {
    const key = this.#keyOf(request);
    if (key === undefined) return authenticate();
    const underWay = this.#underWay.get(key) ?? 0;
    const waitMs = this.#failures.waitMs(key, this.#failuresPerSecond, underWay);
    if (waitMs > 0) throw this.#refuse('authentications', 'too many calls from this address had a wrong app or secret', waitMs);
    this.#underWay.set(key, underWay + 1);
    try {
      return await authenticate();
    } catch (error) {
      if (error instanceof SfuError && error.code === 'unauthorized') this.#failures.take(key, this.#failuresPerSecond);
      throw error;
    } finally {
      const left = (this.#underWay.get(key) ?? 0) - 1;
      if (left > 0) this.#underWay.set(key, left);
      else this.#underWay.delete(key);
    }
  }

  /** Counts a session that is about to be created. @throws rate_limited – the limit is exceeded */
  takeNewSession(request: IncomingMessage): void {
    const { maxNewSessionsPerSecond } = this.#options;
    const key = this.#keyOf(request);
    const waitMs = key === undefined ? 0 : this.#sessions.take(key, maxNewSessionsPerSecond);
    if (waitMs > 0) throw this.#refuse('sessions', `one address may create ${maxNewSessionsPerSecond} sessions per second`, waitMs);
  }

  /** Counts a person's attempt to sign in. @throws rate_limited – the limit is exceeded */
  takeSignIn(request: IncomingMessage): void {
    const key = this.#keyOf(request);
    const waitMs = key === undefined ? 0 : this.#signIns.take(key, SIGN_INS_PER_MINUTE / SECONDS_PER_MINUTE);
    if (waitMs > 0) throw this.#refuse('authentications', 'too many sign-in attempts from this address', waitMs);
  }

  /** Counts a request, which another node has carried here, for the client that made it. @param address undefined if it is not known */
  noteCarried(request: IncomingMessage, address: string | undefined): void {
    this.#carried.set(request, address);
  }

  get #failuresPerSecond(): number {
    return this.#options.maxFailedAuthenticationsPerMinute / SECONDS_PER_MINUTE;
  }

  /** @returns undefined for clients without limits: this machine, a proxy that calls for itself, and clients that a proxy does not name */
  #keyOf(request: IncomingMessage): string | undefined {
    const address = this.#carried.has(request) ? this.#carried.get(request) : clientAddressOf(request, this.#trustedProxies);
    return address === undefined || this.#trustedProxies.has(address) ? undefined : clientKeyOf(address);
  }

  #refuse(refusal: ClientRefusal, message: string, retryAfterMs: number): SfuError {
    this.#refused[refusal]++;
    return new SfuError('rate_limited', message, { retryAfterMs });
  }
}
