/**
 * The WebAssembly memory of the SRTP kernel, and its layout. There is one per suite. It never grows, so views of it stay valid, and parts
 * that are not used take no real memory.
 */

import { SRTP_KERNEL_BASE64 } from '../generated/srtp-kernel.ts';
import { type BindEcb, type EcbWriter, loadOpensslEcb, type OpensslEcb } from './openssl-ecb.ts';

/** The functions of the kernel. Addresses are byte offsets in the memory. See `kernel/` for their contracts. */
export interface SrtpKernel {
  authenticate(jobs: number, count: number): void;
  applyKeystream(payload: number, keystream: number, length: number): number;
  fillCounterBlocks(to: number, salt: number, ssrc: number, rollovers: number, seq: number, packets: number, blocks: number): void;
  compressSingle(message: number): void;
  singleState(): number;
  firstFreeByte(): number;
}

export interface SrtpMemoryOptions {
  readonly arenaSlots: number;
  /** How many streams may have keystream for future packets. Default: as many pages as 20 MB hold. */
  readonly keystreamPages?: number;
  /** Default: OpenSSL's own calls, if they are available. */
  readonly openssl?: BindEcb | 'missing';
}

/** A place in the memory for keystream. */
export interface KeystreamPlace {
  readonly at: number;
  /** Undefined where OpenSSL can only be used through `node:crypto`. */
  readonly writer: EcbWriter | undefined;
}

/** Size of a slot of the arena: an Ethernet frame's payload, and room after it for what the kernel writes during authentication. */
export const SLOT_SIZE_BYTES = 1_600;
/** Number of bytes after a packet that the kernel overwrites with the rollover counter and SHA-1 padding. */
export const AUTHENTICATION_ROOM_BYTES = 76;
/** Size of a keystream page: four packets of 1,216 bytes (measured: ADR 0003). */
export const KEYSTREAM_PAGE_BYTES = 4 * 1_216;
/** The size where only `node:crypto` calls OpenSSL. Since that takes longer, a call has to cover more packets. */
export const LARGE_KEYSTREAM_PAGE_BYTES = 16 * 1_216;
const KEYSTREAM_BYTES = 4_096 * KEYSTREAM_PAGE_BYTES;
/** Longer inbound datagrams are refused. */
export const MAX_INBOUND_PACKET_BYTES = 2_048;
/** Room for one of them, and for what the kernel writes after it. */
export const INBOUND_PLACE_BYTES = MAX_INBOUND_PACKET_BYTES + 128;
/** How many packets the kernel authenticates in the time of one. */
export const LANES = 4;
/** Length of the longest packet in SHA-1 blocks, including padding. */
export const MAX_BLOCKS = Math.ceil((MAX_INBOUND_PACKET_BYTES + AUTHENTICATION_ROOM_BYTES) / 64);
/** Size of one job of `authenticate`, in 32-bit words. */
export const JOB_WORDS = 16;

const AES_BLOCK_BYTES = 16;
const WASM_PAGE_BYTES = 65_536;
const KERNEL_RESERVE_BYTES = 8_192;
const ALIGNMENT_BYTES = 64;

let shared: BindEcb | 'missing' | undefined;

/** OpenSSL's calls for this thread. */
function sharedOpenssl(): BindEcb | 'missing' {
  shared ??= loadOpensslEcb() ?? 'missing';
  return shared;
}

export class SrtpMemory {
  readonly kernel: SrtpKernel;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly view: DataView;
  /** 16 bytes for a key while OpenSSL expands it. */
  readonly keyAt: number;
  /** One AES block, used as input of `fillCounterBlocks`. */
  readonly saltAt: number;
  /** Counter blocks to be encrypted, up to one page. */
  readonly counterBlocksAt: number;
  /** Holds the keystream of a packet that no window covers. */
  readonly single: KeystreamPlace;
  /** Zeros for the longest packet: a keystream that changes nothing. */
  readonly zerosAt: number;
  readonly inboundPacketAt: number;
  /** Places of inbound packets that are authenticated together, and their jobs. */
  readonly groupPacketsAt: number;
  readonly groupJobsAt: number;
  /** Adjacent jobs of any lengths. */
  readonly jobsAt: number;
  /** For each length in blocks, from 0 on, a group with one job per lane. */
  readonly jobGroupsAt: number;
  readonly keystreamPagesAt: number;
  readonly arenaAt: number;
  readonly arenaSlots: number;
  readonly keystreamPages: number;
  readonly keystreamPageBytes: number;
  readonly #ecb: OpensslEcb | undefined;
  /** Views by length in blocks. They are cached because a cipher call takes only microseconds, so creating a view would be noticeable. */
  readonly #counterBlocks: (Uint8Array | undefined)[];

  private constructor(options: SrtpMemoryOptions, kernel: SrtpKernel, memory: WebAssembly.Memory, layout: Layout) {
    this.kernel = kernel;
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.keyAt = layout.keyAt;
    this.saltAt = layout.saltAt;
    this.counterBlocksAt = layout.counterBlocksAt;
    this.zerosAt = layout.zerosAt;
    this.inboundPacketAt = layout.inboundPacketAt;
    this.groupPacketsAt = layout.groupPacketsAt;
    this.groupJobsAt = layout.groupJobsAt;
    this.jobsAt = layout.jobsAt;
    this.jobGroupsAt = layout.jobGroupsAt;
    this.keystreamPagesAt = layout.keystreamPagesAt;
    this.arenaAt = layout.arenaAt;
    this.arenaSlots = options.arenaSlots;
    this.keystreamPages = layout.keystreamPages;
    this.keystreamPageBytes = layout.keystreamPageBytes;
    this.#counterBlocks = new Array<Uint8Array | undefined>(layout.keystreamPageBytes / AES_BLOCK_BYTES + 1);
    const { openssl } = options;
    if (openssl !== undefined && openssl !== 'missing') {
      this.#ecb = openssl({ memory: this.bytes, keyAt: layout.keyAt, blocksAt: layout.counterBlocksAt });
    }
    this.single = this.createKeystreamPlace(layout.singleKeystreamAt);
  }

  /** Compiles the kernel, and creates its memory. */
  static async create(given: SrtpMemoryOptions): Promise<SrtpMemory> {
    const options = { ...given, openssl: given.openssl ?? sharedOpenssl() };
    const layout = layOut(options);
    const pages = Math.ceil(layout.endAt / WASM_PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { instance } = await WebAssembly.instantiate(Buffer.from(SRTP_KERNEL_BASE64, 'base64'), { env: { memory } });
    const kernel = instance.exports as unknown as SrtpKernel;
    if (kernel.firstFreeByte() > KERNEL_RESERVE_BYTES) throw new Error('the kernel needs more memory than is reserved for it');
    return new SrtpMemory(options, kernel, memory, layout);
  }

  createKeystreamPlace(at: number): KeystreamPlace {
    return { at, writer: this.#ecb?.createWriter(at) };
  }

  /** Erases what is left of the packet that last took the single place: its keystream, and the expanded key. */
  eraseSingle(): void {
    this.bytes.fill(0, this.single.at, this.single.at + MAX_INBOUND_PACKET_BYTES);
    this.single.writer?.forget();
  }

  /** A view on the first bytes at `counterBlocksAt`. @param length a multiple of 16 */
  counterBlocks(length: number): Uint8Array {
    const blocks = length / AES_BLOCK_BYTES;
    this.#counterBlocks[blocks] ??= this.bytes.subarray(this.counterBlocksAt, this.counterBlocksAt + length);
    return this.#counterBlocks[blocks];
  }
}

interface Layout {
  readonly keystreamPages: number;
  readonly keystreamPageBytes: number;
  readonly keyAt: number;
  readonly saltAt: number;
  readonly counterBlocksAt: number;
  readonly singleKeystreamAt: number;
  readonly zerosAt: number;
  readonly inboundPacketAt: number;
  readonly groupPacketsAt: number;
  readonly groupJobsAt: number;
  readonly jobsAt: number;
  readonly jobGroupsAt: number;
  readonly keystreamPagesAt: number;
  readonly arenaAt: number;
  readonly endAt: number;
}

function layOut(options: SrtpMemoryOptions): Layout {
  let at = KERNEL_RESERVE_BYTES;
  const take = (sizeBytes: number): number => {
    const start = at;
    at += Math.ceil(sizeBytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    return start;
  };
  const keystreamPageBytes = options.openssl === 'missing' ? LARGE_KEYSTREAM_PAGE_BYTES : KEYSTREAM_PAGE_BYTES;
  const keystreamPages = options.keystreamPages ?? Math.floor(KEYSTREAM_BYTES / keystreamPageBytes);
  return {
    keystreamPages,
    keystreamPageBytes,
    keyAt: take(16),
    saltAt: take(16),
    counterBlocksAt: take(keystreamPageBytes),
    singleKeystreamAt: take(MAX_INBOUND_PACKET_BYTES),
    zerosAt: take(MAX_INBOUND_PACKET_BYTES),
    inboundPacketAt: take(MAX_INBOUND_PACKET_BYTES + AUTHENTICATION_ROOM_BYTES),
    groupPacketsAt: take(LANES * INBOUND_PLACE_BYTES),
    groupJobsAt: take(LANES * JOB_WORDS * 4),
    // A full group is authenticated at once, so it never waits here.
    jobsAt: take((MAX_BLOCKS + 1) * (LANES - 1) * JOB_WORDS * 4),
    jobGroupsAt: take((MAX_BLOCKS + 1) * LANES * JOB_WORDS * 4),
    keystreamPagesAt: take(keystreamPages * keystreamPageBytes),
    arenaAt: take(options.arenaSlots * SLOT_SIZE_BYTES),
    // Lanes whose message has ended continue to read while longer ones finish.
    endAt: take(SLOT_SIZE_BYTES * 2) + SLOT_SIZE_BYTES * 2,
  };
}
