/** Sending state of one SSRC, or of all RTCP of a peer: the implementation of the opaque `OutboundStream`. */
import type { OutboundStream } from '@causeway/media';
import { type KeystreamSupply, KeystreamWindow } from './keystream-window.ts';
import { SentLedger } from './sent-ledger.ts';
import type { SessionCipher } from './session-cipher.ts';

/** SRTCP indices have 31 bits and never wrap under one key (RFC 3711 §9.2). */
const SRTCP_INDEX_LIMIT = 2 ** 31;
/** A link between large nodes sends a few thousand RTCP packets per second, so there is time to reopen it. */
const SRTCP_INDICES_IN_RESERVE = 2 ** 20;

export class RtpOutboundStream implements OutboundStream {
  readonly ssrc: number;
  readonly ledger: SentLedger;
  /** Undefined until the handshake has derived keys, and after closing. */
  cipher: SessionCipher | undefined;
  /** Only in counter mode, and only while there is a key. */
  window: KeystreamWindow | undefined;

  /** @param usedUpTo the highest packet index already sent under this SSRC, -1 if there is none */
  constructor(ssrc: number, usedUpTo: number) {
    this.ssrc = ssrc;
    this.ledger = new SentLedger(usedUpTo);
  }

  key(cipher: SessionCipher, supply: KeystreamSupply): void {
    this.cipher = cipher;
    if (cipher.profile !== 'AES_CM_128_HMAC_SHA1_80') return;
    this.window = new KeystreamWindow(supply, cipher.keystream, this.ssrc);
    this.ledger.authenticationKey = cipher.authentication;
  }

  /** Reads a field of each object that protecting the next packet needs, to warm the cache. */
  prefetch(): number {
    return this.window === undefined ? 0 : this.window.prefetch() ^ this.ledger.prefetch();
  }

  close(): void {
    this.cipher = undefined;
    this.window?.release();
    this.window = undefined;
  }
}

export class RtcpOutboundStream implements OutboundStream {
  /** Not used, since each RTCP packet contains its sender's SSRC. */
  readonly ssrc = 0;
  cipher: SessionCipher | undefined;
  #nextIndex: number;

  constructor(firstIndex = 0) {
    this.#nextIndex = firstIndex;
  }

  get isNearlyUsedUp(): boolean {
    return this.#nextIndex >= SRTCP_INDEX_LIMIT - SRTCP_INDICES_IN_RESERVE;
  }

  /** @returns a new index; undefined if the key has used them all */
  takeIndex(): number | undefined {
    if (this.#nextIndex >= SRTCP_INDEX_LIMIT) return undefined;
    return this.#nextIndex++;
  }
}
