/** Another shard of this process, as a shard sees it: a port for news and two kinds of memory, for strangers' datagrams and for media. */
import type { MessagePort } from 'node:worker_threads';
import { receiveMessageOnPort } from 'node:worker_threads';
import type { Path } from '@causeway/media';
import type { DatagramOrigin } from '../io/port-sharing.ts';
import { CrossingPace } from './crossing-pace.ts';
import { LinkPath } from './link-path.ts';
import { PacketRingReader, PacketRingWriter } from './packet-ring.ts';
import { parsePassedOn, writePassedOn } from './passed-on-datagram.ts';

/** What two shards share from the beginning. */
export interface NeighbourChannel {
  readonly neighbourNo: number;
  readonly port: MessagePort;
  /** Datagrams of strangers, to this shard and from it (`createRingMemory`). */
  readonly passedOnIn: SharedArrayBuffer;
  readonly passedOnOut: SharedArrayBuffer;
}

/** What a link adds. */
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
  onLinkPacket(path: Path, packet: Buffer): void;
}

/** All there is to say when something was written for a shard that sleeps. */
const WAKE = 0;
type Message = typeof WAKE | PathNews;
/** Others have their turn after this many packets. */
const PACKETS_PER_TURN = 512;
/** Jitter buffers do not notice it, and to wake the other thread half as often is worth it (`npm run bench -- shards`). */
const WAIT_MS = 2;

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
  readonly #pace = new CrossingPace();
  /** Of the packets that are not published, those that the pace knows of. */
  #noted = 0;
  #publishTimer: NodeJS.Timeout | undefined;
  #isDrainDue = false;
  #isClosed = false;

  constructor({ neighbourNo, port, passedOnIn, passedOnOut }: NeighbourChannel, listener: NeighbourListener) {
    this.shardNo = neighbourNo;
    this.#port = port;
    this.#listener = listener;
    this.#passedOnIn = new PacketRingReader(passedOnIn);
    this.#passedOnOut = new PacketRingWriter(passedOnOut);
    port.on('message', (message: Message) => {
      if (message === WAKE) this.#drain();
      else listener.onPathNews(message);
    });
    // What is written before the first sleep wakes nobody.
    this.#drainSoon();
  }

  /** Memory of its own for the media of a link. @returns the path that the link's transport is bound to */
  openLink({ inbound, outbound }: LinkMemory): LinkPath {
    this.#link = { path: new LinkPath(this.shardNo, new PacketRingWriter(outbound)), inbound: new PacketRingReader(inbound) };
    this.#drainSoon();
    return this.#link.path;
  }

  closeLink(path: LinkPath): void {
    if (this.#link?.path !== path) return;
    this.#link = undefined;
    this.#noted = 0;
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

  /** Lets the other side see what was written to the link's path, at once or in a moment. */
  flush(nowMs: number): void {
    const waiting = this.#link?.path.outbound.unpublished ?? 0;
    const isNew = waiting > this.#noted;
    if (!isNew) return;
    const shouldWait = this.#pace.note(nowMs, waiting - this.#noted);
    this.#noted = waiting;
    if (!shouldWait) this.#publish();
    else this.#publishTimer ??= setTimeout(() => this.#publish(), WAIT_MS);
  }

  #publish(): void {
    clearTimeout(this.#publishTimer);
    this.#publishTimer = undefined;
    this.#noted = 0;
    if (this.#link?.path.outbound.publish()) this.#wake();
  }

  /**
   * Takes what has been said and not yet been heard. What the neighbour said before it answered somebody is there when that one's next
   * datagram is.
   */
  hearNews(): void {
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      const message: Message = next.message;
      // Not now: a datagram is just being handled.
      if (message === WAKE) this.#drainSoon();
      else this.#listener.onPathNews(message);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#publishTimer);
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
    this.#drainRing(this.#passedOnIn, this.#takePassedOn);
    if (this.#link !== undefined) this.#drainRing(this.#link.inbound, this.#takeLinkPacket);
  }

  #drainRing(ring: PacketRingReader, take: (packet: Buffer) => void): void {
    ring.drain(take, PACKETS_PER_TURN);
    if (!ring.sleep()) this.#drainSoon();
  }
}
