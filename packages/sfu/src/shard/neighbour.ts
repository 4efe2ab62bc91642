/**
 * Another shard of this process, as seen by one shard: a port for messages, and two kinds of shared memory, for
 * datagrams that are passed on and for media.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Path } from '@causeway/media';
import type { DatagramOrigin } from '../io/udp-port-options.ts';
import { PacketRingReader, PacketRingWriter } from './packet-ring.ts';
import { LinkPath } from './shard-link.ts';

/** What two shards share from the start. */
export interface NeighbourChannel {
  readonly neighbourNo: number;
  readonly port: MessagePort;
  /** Datagrams passed on to this shard and from it (`createRingMemory`). */
  readonly passedOnIn: SharedArrayBuffer;
  readonly passedOnOut: SharedArrayBuffer;
}

/** Memory of a link between two shards. */
export interface LinkMemory {
  readonly inbound: SharedArrayBuffer;
  readonly outbound: SharedArrayBuffer;
}

export interface PathNews {
  readonly type: 'path-claimed' | 'path-proven' | 'path-released';
  readonly origin: DatagramOrigin;
}

export interface NeighbourListener {
  onPathNews(news: PathNews): void;
  onPassedOn(origin: DatagramOrigin, datagram: Buffer): void;
  /** @param packet valid only until this returns */
  onLinkPacket(path: Path, packet: Buffer): void;
  /** It is time to call `look`, and to send what it finds. */
  onLookDue(): void;
}

/** The message that wakes a sleeping shard. */
const WAKE = 0;
type Message = typeof WAKE | PathNews;
/** After this many packets, other work has its turn. */
const PACKETS_PER_TURN = 512;
/** Jitter buffers absorb this delay, and looking less often is cheaper (docs/adr/0008). */
const LOOK_AGAIN_MS = 4;

export class Neighbour {
  readonly shardNo: number;
  readonly #port: MessagePort;
  readonly #listener: NeighbourListener;
  readonly #passedOnIn: PacketRingReader;
  readonly #passedOnOut: PacketRingWriter;
  readonly #takePassedOn = (bytes: Buffer): void => {
    const { origin, datagram } = parsePassedOn(bytes);
    this.#listener.onPassedOn(origin, datagram);
  };
  readonly #takeLinkPacket = (packet: Buffer): void => {
    if (this.#link !== undefined) this.#listener.onLinkPacket(this.#link.path, packet);
  };
  #link: { readonly path: LinkPath; readonly inbound: PacketRingReader } | undefined;
  readonly #nowMs: () => number;
  readonly #pace = new CrossingPace();
  /** Whether the link is polled for packets every few milliseconds and does not wake this shard. */
  #isLooking = false;
  #lookTimer: NodeJS.Timeout | undefined;
  #isDrainDue = false;
  #isClosed = false;

  constructor({ neighbourNo, port, passedOnIn, passedOnOut }: NeighbourChannel, listener: NeighbourListener, nowMs: () => number) {
    this.shardNo = neighbourNo;
    this.#nowMs = nowMs;
    this.#port = port;
    this.#listener = listener;
    this.#passedOnIn = new PacketRingReader(passedOnIn, false);
    this.#passedOnOut = new PacketRingWriter(passedOnOut);
    port.on('message', (message: Message) => {
      if (message === WAKE) this.#drain();
      else listener.onPathNews(message);
    });
    // Writes before the first sleep do not wake the reader.
    this.#drainSoon();
  }

  /** Adds memory for the media of a link. @returns the path to which the link's transport is bound */
  openLink({ inbound, outbound }: LinkMemory): LinkPath {
    const path = new LinkPath(this.shardNo, new PacketRingWriter(outbound));
    this.#link = { path, inbound: new PacketRingReader(inbound, true) };
    this.#drainSoon();
    return path;
  }

  closeLink(path: LinkPath): void {
    if (this.#link?.path !== path) return;
    this.#link = undefined;
    this.#stopLooking();
  }

  tell(news: PathNews): void {
    this.#port.postMessage(news);
  }

  /** @returns false if there is no room */
  passOn(origin: DatagramOrigin, datagram: Uint8Array): boolean {
    const bytes = writePassedOn(origin, datagram);
    if (!this.#passedOnOut.write(bytes, 0, bytes.length)) return false;
    if (this.#passedOnOut.publish()) this.#wake();
    return true;
  }

  /** Publishes what was written to the link's path to the other side. */
  flush(): void {
    if (this.#link?.path.outbound.publish()) this.#wake();
  }

  /** Reads packets of the link if it is being polled; doing so now costs less than in a turn of its own. */
  look(nowMs: number): void {
    if (this.#isLooking) this.#drainLink(nowMs);
  }

  /**
   * Reads messages that have been sent and not read yet. A message that the neighbour sent before it answered a client
   * is available by the time the client's next datagram arrives.
   */
  hearNews(): void {
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      const message: Message = next.message;
      // This is deferred, because a datagram is being handled.
      if (message === WAKE) this.#drainSoon();
      else this.#listener.onPathNews(message);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#link = undefined;
    this.#stopLooking();
    this.#port.close();
  }

  #wake(): void {
    this.#port.postMessage(WAKE);
  }

  #drainSoon(): void {
    if (this.#isDrainDue) return;
    this.#isDrainDue = true;
    setImmediate(() => {
      this.#isDrainDue = false;
      this.#drain();
    });
  }

  #drain(): void {
    if (this.#isClosed) return;
    this.#passedOnIn.drain(this.#takePassedOn, PACKETS_PER_TURN);
    if (!this.#passedOnIn.sleep()) this.#drainSoon();
    this.#drainLink(this.#nowMs());
  }

  #drainLink(nowMs: number): void {
    const inbound = this.#link?.inbound;
    if (inbound === undefined) return;
    const taken = inbound.drain(this.#takeLinkPacket, PACKETS_PER_TURN);
    // A packet may have ended the link.
    if (this.#link?.inbound !== inbound) return;
    this.#isLooking = this.#pace.note(nowMs, taken);
    if (taken === PACKETS_PER_TURN) this.#drainSoon();
    else if (this.#isLooking) this.#lookLater();
    else if (!inbound.sleep()) this.#drainSoon();
  }

  #lookLater(): void {
    if (this.#lookTimer === undefined) this.#lookTimer = setTimeout(() => this.#isLooking && this.#listener.onLookDue(), LOOK_AGAIN_MS);
    else this.#lookTimer.refresh();
  }

  #stopLooking(): void {
    this.#isLooking = false;
    clearTimeout(this.#lookTimer);
    this.#lookTimer = undefined;
  }
}

const WINDOW_MS = 16;
/** The rate at which polling starts: a packet every other millisecond, as from two cameras. */
const BUSY_PACKETS = 8;
/** Fewer packets end polling; a rate in between changes nothing. */
const STILL_BUSY_PACKETS = 5;

/**
 * Decides whether a shard waits to be woken for crossing packets, or polls for them every few milliseconds. A wake-up
 * costs both threads more CPU time than moving ten packets, so polling is cheaper at high rates; at low rates, waking
 * avoids delay.
 */
export class CrossingPace {
  #windowEndsMs = 0;
  #packets = 0;
  #isBusy = false;

  /** Records packets that have crossed, or 0 if a poll found none. @returns whether to poll again */
  note(nowMs: number, packets: number): boolean {
    if (nowMs >= this.#windowEndsMs) {
      // A link that was silent for a whole window is not busy, whatever its rate was before.
      const enough = this.#isBusy ? STILL_BUSY_PACKETS : BUSY_PACKETS;
      this.#isBusy = this.#packets >= enough && nowMs < this.#windowEndsMs + WINDOW_MS;
      this.#windowEndsMs = nowMs + WINDOW_MS;
      this.#packets = 0;
    }
    this.#packets += packets;
    return this.#isBusy;
  }
}

/** Datagrams that one shard passes on to another: their encoding, and a limit on their rate. */
export interface PassedOnDatagram {
  readonly origin: DatagramOrigin;
  readonly datagram: Buffer;
}

/** Two lengths and a port, followed by the addresses in ASCII. */
const HEADER_BYTES = 4;

function writePassedOn({ localAddress, address, port }: DatagramOrigin, datagram: Uint8Array): Buffer {
  const start = HEADER_BYTES + localAddress.length + address.length;
  const bytes = Buffer.allocUnsafe(start + datagram.length);
  bytes.writeUInt8(localAddress.length, 0);
  bytes.writeUInt8(address.length, 1);
  bytes.writeUInt16BE(port, 2);
  bytes.write(localAddress, HEADER_BYTES, 'latin1');
  bytes.write(address, HEADER_BYTES + localAddress.length, 'latin1');
  bytes.set(datagram, start);
  return bytes;
}

/** @param bytes from `writePassedOn`; the returned datagram is a view into them */
function parsePassedOn(bytes: Buffer): PassedOnDatagram {
  const addressAt = HEADER_BYTES + bytes.readUInt8(0);
  const start = addressAt + bytes.readUInt8(1);
  const origin = {
    localAddress: bytes.toString('latin1', HEADER_BYTES, addressAt),
    address: bytes.toString('latin1', addressAt, start),
    port: bytes.readUInt16BE(2),
  };
  return { origin, datagram: bytes.subarray(start) };
}

/**
 * The rate at which a shard passes on checks of unknown peers. An attacker who knows the prefix of the SFU's ufrags can
 * name any shard, even from forged addresses, and other shards must not suffer from that. Once a check is
 * authenticated, its path is claimed and datagrams from there are not counted.
 */
const CHECKS_PER_SECOND = 4_000;
/** Allows for a rush of new clients after a long turn of the event loop. */
const BURST_CHECKS = 1_000;

export class PassOnBudget {
  #tokens = BURST_CHECKS;
  #refilledAtMs: number;

  constructor(nowMs: number) {
    this.#refilledAtMs = nowMs;
  }

  /** @returns false if the check must be dropped */
  admit(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#refilledAtMs;
    this.#tokens = Math.min(BURST_CHECKS, this.#tokens + (elapsedMs * CHECKS_PER_SECOND) / 1_000);
    this.#refilledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
