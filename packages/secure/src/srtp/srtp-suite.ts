/** SRTP for all peers of an engine: the shared memory, the flush protector, and one transform per peer. */
import type { ProtectBatch, ProtectedBytes } from '@causeway/media';
import type { HmacSha1 } from '@causeway/wire';
import { InboundGroup } from './authentication.ts';
import { createSrtpCounters, FlushProtector } from './flush-protector.ts';
import { createHmacSha1 } from './hmac-sha1.ts';
import { InboundSrtp } from './inbound-srtp.ts';
import { KeystreamPages } from './keystream-pages.ts';
import type { KeystreamSupply } from './keystream-window.ts';
import { OutboundSrtp } from './outbound-srtp.ts';
import type { SrtpKeyingMaterial, SrtpPeer } from './srtp-keys.ts';
import { SlotRing, SrtpMemory, type SrtpMemoryOptions } from './srtp-memory.ts';

export class SrtpSuite {
  readonly arena: SlotRing;
  readonly counters = createSrtpCounters();
  readonly hmacSha1: HmacSha1;
  readonly #supply: KeystreamSupply;
  readonly #protector: FlushProtector;

  private constructor(memory: SrtpMemory) {
    this.arena = new SlotRing(memory);
    this.hmacSha1 = createHmacSha1(memory);
    this.#supply = { memory, pages: new KeystreamPages(memory), inboundGroup: new InboundGroup(memory), running: [] };
    this.#protector = new FlushProtector(memory, this.counters);
  }

  static async create(options: SrtpMemoryOptions): Promise<SrtpSuite> {
    return new SrtpSuite(await SrtpMemory.create(options));
  }

  createTransform(peer: SrtpPeer = 'client'): SrtpTransform {
    return new SrtpTransform(this.#supply, peer);
  }

  /** Number of keystream pages lent to streams. */
  get keystreamPagesLent(): number {
    return this.#supply.pages.lent;
  }

  protect(batch: ProtectBatch): ProtectedBytes {
    this.#protector.protect(batch);
    // This is the only place where the arena becomes memory to send from.
    return this.arena.bytes as ProtectedBytes;
  }

  prepareAhead(): void {
    const { running } = this.#supply;
    for (const window of running) window.topUp();
    running.length = 0;
  }
}

/** Both directions of one peer. Until it has keys, nothing is protected and everything is refused. */
export class SrtpTransform {
  readonly outbound: OutboundSrtp;
  readonly inbound: InboundSrtp;

  constructor(supply: KeystreamSupply, peer: SrtpPeer) {
    this.outbound = new OutboundSrtp(supply, peer);
    this.inbound = new InboundSrtp(supply, peer);
  }

  setKeys(keys: SrtpKeyingMaterial): void {
    this.outbound.setKeys(keys.profile, keys.local);
    this.inbound.setKeys(keys.profile, keys.remote);
  }

  close(): void {
    this.outbound.close();
    this.inbound.close();
  }
}
