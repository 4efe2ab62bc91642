/**
 * Passwords, kept as salted argon2id in the PHC string format: it takes an attacker who has the books memory as well as time to try one.
 * The work is done in Node's thread pool.
 *
 * @see RFC 9106, https://github.com/P-H-C/phc-string-format
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { SfuError } from '@causeway/protocol';

/** The least that OWASP recommends: 19 MiB, two passes, one lane. It takes a core some 30 to 70 ms. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_SIZE_BYTES = 16;
const TAG_SIZE_BYTES = 32;
const FORMAT = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/** Each holds a thread of the pool, which has four, and 19 MiB. */
const MAX_AT_ONCE = 2;
/** A second or two of work; who comes later should not wait for it. */
const MAX_WAITING = 32;
const RETRY_AFTER_MS = 2_000;

interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** Computes and compares what is kept of passwords, few at a time. */
export class Passwords {
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #decoy: Promise<string> | undefined;

  /** @throws SfuError `rate_limited` – too many are being looked at */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_SIZE_BYTES);
    const { memory, passes, parallelism } = COST;
    const tag = await this.#derive(password, salt, COST);
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
  }

  /**
   * @param kept undefined for an unknown person, which takes as long as a wrong password
   * @throws SfuError `rate_limited` – too many are being looked at
   */
  async matches(password: string, kept: string | undefined): Promise<boolean> {
    this.#decoy ??= this.hash('');
    const [, memory, passes, parallelism, salt = '', tag = ''] = FORMAT.exec(kept ?? (await this.#decoy)) ?? [];
    const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
    const derived = await this.#derive(password, Buffer.from(salt, 'base64'), cost);
    return timingSafeEqual(derived, Buffer.from(tag, 'base64')) && kept !== undefined;
  }

  async #derive(password: string, salt: Uint8Array, cost: Cost): Promise<Buffer> {
    if (this.#waiting.length >= MAX_WAITING)
      throw new SfuError('rate_limited', 'too many people are signing in; try again in a moment', { retryAfterMs: RETRY_AFTER_MS });
    if (this.#underWay >= MAX_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#underWay++;
    try {
      // The same letters may be typed as one character or as two.
      const message = Buffer.from(password.normalize('NFC'), 'utf8');
      return await promisify(argon2)('argon2id', { message, nonce: salt, tagLength: TAG_SIZE_BYTES, ...cost });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay--;
      else next();
    }
  }
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
