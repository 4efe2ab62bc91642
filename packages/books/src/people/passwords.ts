/**
 * Passwords are stored as salted Argon2id hashes in the PHC string format, so that guessing them from stolen books costs memory as well as
 * time.
 *
 * @see RFC 9106, https://github.com/P-H-C/phc-string-format
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { SfuError } from '@causeway/protocol';
import { type Argon2Parameters, PasswordThread } from './password-thread.ts';

/** The minimum that OWASP recommends: 19 MiB, two passes, one lane. A hash takes a core 30 to 70 ms. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_SIZE_BYTES = 16;
const TAG_SIZE_BYTES = 32;
const FORMAT = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/** The most computations that may wait: a second of work, or four on a machine that is busy with media. */
const MAX_WAITING = 32;
const RETRY_AFTER_MS = 2_000;

type Cost = Pick<Argon2Parameters, 'memory' | 'passes' | 'parallelism'>;

/** Hashes and verifies passwords, two at a time. */
export class Passwords {
  readonly #threads = [new PasswordThread(), new PasswordThread()] as const;
  /** Stands for the hash of those who have none. No password is known to match it. */
  readonly #decoy = formatHash(COST, randomBytes(SALT_SIZE_BYTES), randomBytes(TAG_SIZE_BYTES));

  /** @throws SfuError `rate_limited` – too many computations are waiting */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_SIZE_BYTES);
    return formatHash(COST, salt, await this.#derive(password, salt, COST));
  }

  /**
   * @param kept the stored hash; undefined for an unknown person and empty for one without a password, which take as long as a wrong one
   * @throws SfuError `rate_limited` – too many computations are waiting
   */
  async matches(password: string, kept: string | undefined): Promise<boolean> {
    const [, memory, passes, parallelism, salt = '', tag = ''] = FORMAT.exec(kept || this.#decoy) ?? [];
    const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
    const derived = await this.#derive(password, Buffer.from(salt, 'base64'), cost);
    return timingSafeEqual(derived, Buffer.from(tag, 'base64')) && kept !== undefined && kept !== '';
  }

  #derive(password: string, salt: Uint8Array, cost: Cost): Promise<Uint8Array> {
    const [one, other] = this.#threads;
    if (one.size + other.size >= MAX_WAITING)
      throw new SfuError('rate_limited', 'too many people are signing in; try again in a moment', { retryAfterMs: RETRY_AFTER_MS });
    // The same character may be entered as one code point or as several.
    const message = Buffer.from(password.normalize('NFC'), 'utf8');
    const thread = other.size < one.size ? other : one;
    return thread.derive({ message, nonce: salt, tagLength: TAG_SIZE_BYTES, ...cost });
  }
}

function formatHash({ memory, passes, parallelism }: Cost, salt: Uint8Array, tag: Uint8Array): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
