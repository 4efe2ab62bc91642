import { type HmacSha1, type StunMessage, verifyMessageIntegrity, writeBindingRequest } from '@causeway/wire';
import type { PathQuestion } from '../demux/path.ts';

/** Credentials of both sides in one generation, which identify and authenticate the check. */
export interface ChallengeCredentials {
  readonly localUfrag: string;
  readonly remoteUfrag: string;
  readonly remotePassword: string;
}

/** The priority of a peer-reflexive candidate (RFC 8445 §5.1.2.1). It is not compared with others. */
export const PEER_REFLEXIVE_PRIORITY = 0x6e_00_1e_ff;

/**
 * A connectivity check that asks whether the peer receives on a path. An authenticated check from the peer proves who wrote it, but not
 * that its source address is genuine: a client with valid credentials could give a victim's address. The answer repeats 96 unguessable
 * bits, so only a host that receives at the address can give it.
 *
 * @see RFC 8445 §19.5.1 (a peer that directs traffic at others), RFC 7675 §5.1 (the same check, for consent)
 */
export class PathChallenge implements PathQuestion {
  readonly ice: PathQuestion['ice'];
  readonly credentials: ChallengeCredentials;
  readonly #hmacSha1: HmacSha1;
  readonly #transactionId: Uint8Array;
  readonly #tieBreaker: bigint;
  askedAtMs = Number.NEGATIVE_INFINITY;

  /** @param random 20 unpredictable bytes */
  constructor(ice: PathQuestion['ice'], credentials: ChallengeCredentials, hmacSha1: HmacSha1, random: Uint8Array) {
    this.ice = ice;
    this.credentials = credentials;
    this.#hmacSha1 = hmacSha1;
    this.#transactionId = random.slice(0, 12);
    this.#tieBreaker = random.slice(12, 20).reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
  }

  /** Writes the check. Its bytes are the same each time, so that the answer to any copy counts. */
  write(): Uint8Array {
    const { localUfrag, remoteUfrag, remotePassword } = this.credentials;
    return writeBindingRequest({
      transactionId: this.#transactionId,
      username: `${remoteUfrag}:${localUfrag}`,
      priority: PEER_REFLEXIVE_PRIORITY,
      iceControlled: this.#tieBreaker,
      integrity: { key: passwordBytes(remotePassword), hmacSha1: this.#hmacSha1 },
      fingerprint: true,
    });
  }

  isAnsweredBy(message: StunMessage): boolean {
    if (message.messageClass !== 'success') return false;
    const { transactionId } = message;
    let difference = 0;
    for (let index = 0; index < this.#transactionId.length; index++) difference |= transactionId[index] ^ this.#transactionId[index];
    return difference === 0 && verifyMessageIntegrity(message, passwordBytes(this.credentials.remotePassword), this.#hmacSha1);
  }
}

/**
 * Returns a password as a key. The grammar of ice-pwd limits it to ASCII (RFC 8839 §5.4). Keys are not kept, since a peer checks every few
 * seconds and an array takes eight times as much as its bytes.
 */
export function passwordBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
