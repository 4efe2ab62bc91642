/** SRTP for all peers of an engine: the shared memory, the flush protector, and one transform per peer. */
import type { PacketArena, ProtectBatch, ProtectedBytes } from '@causeway/media';
import { compactNumber, type HmacSha1 } from '@causeway/wire';
import { AuthenticationJobs, createHmacSha1, HMAC_TAG_LENGTH, InboundGroup } from './authentication.ts';
import { InboundSrtcp } from './inbound-srtcp.ts';
import { InboundSrtp } from './inbound-srtp.ts';
import { KeystreamPages, type KeystreamSupply } from './keystream-window.ts';
import { OutboundSrtp, type RtcpOutboundStream, type RtpOutboundStream } from './outbound-srtp.ts';
import { DormantKeys, GCM_TAG_LENGTH } from './session-cipher.ts';
import type { SrtpKeyingMaterial, SrtpPeer } from './srtp-keys.ts';
import { AUTHENTICATION_ROOM_BYTES, SLOT_SIZE_BYTES, SrtpMemory, type SrtpMemoryOptions } from './srtp-memory.ts';

const RTP_FIXED_HEADER_LENGTH = 12;
const RTCP_CLEAR_LENGTH = 8;
const SRTCP_INDEX_LENGTH = 4;
const ENCRYPTED_BIT = 0x8000_0000;
const INDEX_LIMIT = 2 ** 48;
const REFUSED = 0;

export class SrtpSuite {
  readonly arena: SlotRing;
  readonly counters = createSrtpCounters();
  readonly hmacSha1: HmacSha1;
  readonly #supply: KeystreamSupply;
  readonly #protector: FlushProtector;

  protected constructor(memory: SrtpMemory) {
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

/** Protects and opens the packets of one peer. Until it has keys, nothing is protected and everything is refused. */
export class SrtpTransform {
  readonly outbound: OutboundSrtp;
  readonly inbound: InboundSrtp;
  readonly inboundRtcp: InboundSrtcp;

  readonly #memory: SrtpMemory;

  constructor(supply: KeystreamSupply, peer: SrtpPeer) {
    this.#memory = supply.memory;
    this.outbound = new OutboundSrtp(supply, peer);
    this.inbound = new InboundSrtp(supply, peer);
    this.inboundRtcp = new InboundSrtcp(supply.memory, peer);
  }

  /** Whether an authentic packet has arrived. */
  get hasReceived(): boolean {
    return this.inbound.hasReceived || this.inboundRtcp.hasReceived;
  }

  setKeys(keys: SrtpKeyingMaterial): void {
    this.outbound.setKeys(new DormantKeys(this.#memory, keys.profile, keys.local));
    const remote = new DormantKeys(this.#memory, keys.profile, keys.remote);
    this.inbound.setKeys(remote);
    this.inboundRtcp.setKeys(remote);
  }

  close(): void {
    this.outbound.close();
    this.inbound.close();
    this.inboundRtcp.close();
    this.#memory.eraseSingle();
  }
}

/** The arena of outgoing packets: a ring of slots in the kernel's memory. */
export class SlotRing implements PacketArena {
  readonly bytes: Uint8Array;
  readonly slotSizeBytes = SLOT_SIZE_BYTES;
  readonly slotCount: number;
  #next = 0;

  constructor(memory: SrtpMemory) {
    this.slotCount = memory.arenaSlots;
    this.bytes = memory.bytes.subarray(memory.arenaAt, memory.arenaAt + this.slotCount * SLOT_SIZE_BYTES);
  }

  takeSlot(): number {
    const slot = this.#next;
    this.#next = slot + 1 === this.slotCount ? 0 : slot + 1;
    return slot * SLOT_SIZE_BYTES;
  }
}

/** Packets that could not be protected, by cause. There is one object per suite, and its counters only increase. */
export interface SrtpCounters {
  /** Sent on a stream that has no keys yet, or no longer has any. */
  notKeyed: number;
  /** The caller passed invalid lengths or an index out of range. */
  malformed: number;
  /** The index was used for another payload, or may have been. */
  indexReused: number;
}

export function createSrtpCounters(): SrtpCounters {
  return { notKeyed: 0, malformed: 0, indexReused: 0 };
}

/**
 * Protects a whole flush for all peers together: applies the keystream to each packet, then computes the tags four at a time. Everything
 * happens in place, in the arena.
 *
 * @see RFC 3711 §3.3, §3.4; docs/adr/0003-srtp-by-flush.md
 */
export class FlushProtector {
  readonly #memory: SrtpMemory;
  readonly #counters: SrtpCounters;
  readonly #jobs: AuthenticationJobs;
  /** The value has no meaning. It is stored so that the compiler cannot remove the reads. */
  prefetched = 0;

  constructor(memory: SrtpMemory, counters: SrtpCounters) {
    this.#memory = memory;
    this.#counters = counters;
    this.#jobs = new AuthenticationJobs(memory);
  }

  protect(batch: ProtectBatch): void {
    this.prefetched = prefetch(batch);
    for (let row = 0; row < batch.count; row++) {
      batch.protectedLength[row] = batch.isRtcp[row] === 1 ? this.#protectRtcp(batch, row) : this.#protectRtp(batch, row);
    }
    this.#jobs.run();
  }

  #protectRtp(batch: ProtectBatch, row: number): number {
    const stream = batch.streams[row] as RtpOutboundStream;
    const offset = batch.offset[row];
    const headerLength = batch.headerLength[row];
    const length = batch.plainLength[row];
    const index = compactNumber(batch.packetIndex[row]);
    const { window, ledger } = stream;
    if (window === undefined && stream.cipher === undefined) return this.#refuseUnkeyed();
    if (headerLength < RTP_FIXED_HEADER_LENGTH || headerLength > length || !this.#fits(offset, length)) return this.#refuseMalformed();
    // This also refuses NaN.
    if (!(index >= 0 && index < INDEX_LIMIT)) return this.#refuseMalformed();
    const at = this.#memory.arenaAt + offset;
    if (window === undefined) return this.#sealRtp(stream, at, headerLength, length, index);
    const payloadLength = length - headerLength;
    const keystream = window.locate(index, payloadLength);
    const checksum = this.#memory.kernel.applyKeystream(at + headerLength, keystream, payloadLength);
    if (!ledger.admit(index, checksum)) return this.#refuseReuse();
    const end = at + length;
    this.#jobs.add(ledger.authenticationKey, at, length, Math.floor(index / 65_536) | 0, end);
    return length + HMAC_TAG_LENGTH;
  }

  #protectRtcp(batch: ProtectBatch, row: number): number {
    const stream = batch.streams[row] as RtcpOutboundStream;
    const offset = batch.offset[row];
    const length = batch.plainLength[row];
    const { cipher } = stream;
    if (cipher === undefined) return this.#refuseUnkeyed();
    if (length < RTCP_CLEAR_LENGTH || !this.#fits(offset, length)) return this.#refuseMalformed();
    const index = stream.takeIndex();
    if (index === undefined) return this.#refuseReuse();
    const at = this.#memory.arenaAt + offset;
    const ssrc = this.#memory.view.getUint32(at + 4);
    const word = ENCRYPTED_BIT | index;
    if (cipher.profile === 'AEAD_AES_128_GCM') return this.#sealRtcp(stream, at, length, ssrc, index);
    const textLength = length - RTCP_CLEAR_LENGTH;
    const keystream = cipher.keystream.generateSingle(ssrc, index, textLength);
    this.#memory.kernel.applyKeystream(at + RTCP_CLEAR_LENGTH, keystream, textLength);
    this.#jobs.add(cipher.authentication, at, length, word, at + length + SRTCP_INDEX_LENGTH);
    return length + SRTCP_INDEX_LENGTH + HMAC_TAG_LENGTH;
  }

  #sealRtp(stream: RtpOutboundStream, at: number, headerLength: number, length: number, index: number): number {
    const { bytes, kernel } = this.#memory;
    // With a keystream of zeros the kernel only computes the checksum, which reveals a second use of the nonce. It includes the header,
    // because two tags with one nonce reveal the authentication key (NIST SP 800-38D §8).
    const checksum = kernel.applyKeystream(at, this.#memory.zerosAt, length);
    if (!stream.ledger.admit(index, checksum)) return this.#refuseReuse();
    const { cipher } = stream;
    if (cipher?.profile !== 'AEAD_AES_128_GCM') return this.#refuseUnkeyed();
    const end = at + length;
    cipher.gcm.seal(
      stream.ssrc,
      index,
      bytes.subarray(at, at + headerLength),
      bytes.subarray(at + headerLength, end),
      bytes.subarray(end, end + GCM_TAG_LENGTH),
    );
    return length + GCM_TAG_LENGTH;
  }

  #sealRtcp(stream: RtcpOutboundStream, at: number, length: number, ssrc: number, index: number): number {
    const { bytes, view } = this.#memory;
    const { cipher } = stream;
    if (cipher?.profile !== 'AEAD_AES_128_GCM') return this.#refuseUnkeyed();
    const end = at + length;
    const wordAt = end + GCM_TAG_LENGTH;
    view.setInt32(wordAt, ENCRYPTED_BIT | index);
    const associated = new Uint8Array(RTCP_CLEAR_LENGTH + SRTCP_INDEX_LENGTH);
    associated.set(bytes.subarray(at, at + RTCP_CLEAR_LENGTH));
    associated.set(bytes.subarray(wordAt, wordAt + SRTCP_INDEX_LENGTH), RTCP_CLEAR_LENGTH);
    cipher.gcm.seal(ssrc, index, associated, bytes.subarray(at + RTCP_CLEAR_LENGTH, end), bytes.subarray(end, wordAt));
    return length + GCM_TAG_LENGTH + SRTCP_INDEX_LENGTH;
  }

  /** Whether the packet is within one slot, with room for what is written after it. */
  #fits(offset: number, length: number): boolean {
    const slotEnd = (Math.floor(offset / SLOT_SIZE_BYTES) + 1) * SLOT_SIZE_BYTES;
    return offset + length + AUTHENTICATION_ROOM_BYTES <= slotEnd && slotEnd <= this.#memory.arenaSlots * SLOT_SIZE_BYTES;
  }

  #refuseUnkeyed(): number {
    this.#counters.notKeyed++;
    return REFUSED;
  }

  #refuseMalformed(): number {
    this.#counters.malformed++;
    return REFUSED;
  }

  #refuseReuse(): number {
    this.#counters.indexReused++;
    return REFUSED;
  }
}

/** Reads what the rows need all at once, so that the processor fetches it in parallel rather than row by row. */
function prefetch(batch: ProtectBatch): number {
  let mixed = 0;
  for (let row = 0; row < batch.count; row++) if (batch.isRtcp[row] === 0) mixed ^= (batch.streams[row] as RtpOutboundStream).prefetch();
  return mixed;
}
