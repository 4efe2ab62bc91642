/** The sending side of one peer: its outbound streams and, once DTLS has derived them, the keys they share. */
import type { SrtpProfile } from '@causeway/media';
import type { KeystreamSupply } from './keystream-window.ts';
import { RtcpOutboundStream, RtpOutboundStream } from './outbound-stream.ts';
import { createSessionCipher, type SessionCipher } from './session-cipher.ts';
import { SpentSsrcs } from './spent-ssrcs.ts';
import type { SrtpMasterKeys, SrtpPeer } from './srtp-keys.ts';

/**
 * How many SSRCs a client may be sent over its whole life, since the used indices of each must be remembered. For a link, how many at a
 * time.
 */
const MAX_SSRCS = 65_536;

export class OutboundSrtp {
  readonly rtcpStream = new RtcpOutboundStream();
  readonly #supply: KeystreamSupply;
  readonly #streams = new Map<number, RtpOutboundStream>();
  /** The highest index of each closed stream. */
  readonly #usedUpTo = new Map<number, number>();
  /** Replaces these indices on a link, which constantly uses new SSRCs and never an old one again. */
  readonly #spent: SpentSsrcs | undefined;
  #cipher: SessionCipher | undefined;
  #closed = false;

  constructor(supply: KeystreamSupply, peer: SrtpPeer) {
    this.#supply = supply;
    this.#spent = peer === 'link' ? new SpentSsrcs() : undefined;
  }

  /** Number of open SSRCs. */
  get size(): number {
    return this.#streams.size;
  }

  /** Opens a stream. An SSRC that is already open returns the same stream, because two states would use one keystream twice. */
  open(ssrc: number): RtpOutboundStream {
    const open = this.#streams.get(ssrc);
    if (open !== undefined) return open;
    const stream = new RtpOutboundStream(ssrc, this.#usedUpTo.get(ssrc) ?? -1);
    if (this.#closed || !this.#mayOpen(ssrc)) return stream;
    this.#streams.set(ssrc, stream);
    if (this.#cipher !== undefined) stream.key(this.#cipher, this.#supply);
    return stream;
  }

  closeStream(stream: RtpOutboundStream): void {
    if (this.#streams.get(stream.ssrc) !== stream) return;
    this.#streams.delete(stream.ssrc);
    if (stream.ledger.highest >= 0) this.#remember(stream);
    stream.close();
  }

  setKeys(profile: SrtpProfile, master: SrtpMasterKeys): void {
    const { memory } = this.#supply;
    this.#cipher = createSessionCipher(memory, profile, master, 'srtp');
    this.rtcpStream.cipher = createSessionCipher(memory, profile, master, 'srtcp');
    for (const stream of this.#streams.values()) stream.key(this.#cipher, this.#supply);
  }

  close(): void {
    this.#closed = true;
    this.#cipher = undefined;
    this.rtcpStream.cipher = undefined;
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
    this.#usedUpTo.clear();
    this.#spent?.clear();
  }

  #mayOpen(ssrc: number): boolean {
    if (this.#spent !== undefined) return this.#streams.size < MAX_SSRCS && !this.#spent.has(ssrc);
    return this.#usedUpTo.has(ssrc) || this.#streams.size + this.#usedUpTo.size < MAX_SSRCS;
  }

  #remember({ ssrc, ledger }: RtpOutboundStream): void {
    if (this.#spent === undefined) this.#usedUpTo.set(ssrc, ledger.highest);
    else this.#spent.add(ssrc);
  }
}
