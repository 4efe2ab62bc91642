import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Bottleneck } from '@causeway/testkit';
import { DelayQueue } from './delay-queue.ts';
import type { WireTally } from './wire-tally.ts';

/** The largest buffer that the system grants, so that the proxy loses only what it is told to lose. */
const BUFFER_BYTES = 4 << 20;
const LOOPBACK = '127.0.0.1';

/** One direction between two nodes. */
export interface Direction {
  readonly line: Bottleneck;
  readonly tally: WireTally;
}

export interface LinkProxyOptions {
  /** The port of the proxy, which the node gives as its own. */
  readonly port: number;
  /** The address of the proxy. Default: loopback. */
  readonly address?: string;
  /** The node's own port. */
  readonly targetPort: number;
  /** The node's address. Default: loopback. */
  readonly targetAddress?: string;
  /**
   * Returns the two directions between the node that sends from this port and the node behind the proxy. Strangers have directions, too.
   */
  directionsOf(senderPort: number): { readonly there: Direction; readonly back: Direction };
}

/**
 * Stands in front of a node's UDP port like a router, with a socket of its own for every sender, so that the node answers to the right one.
 * Links are impaired and counted as they pass through.
 */
export class LinkProxy {
  readonly #options: LinkProxyOptions;
  readonly #front: Socket;
  readonly #backByPort = new Map<number, Promise<Socket>>();
  readonly #queue = new DelayQueue();
  #isClosed = false;

  private constructor(options: LinkProxyOptions, front: Socket) {
    this.#options = options;
    this.#front = front;
    front.on('message', (datagram, from) => void this.#forward(datagram, from));
  }

  static async open(options: LinkProxyOptions): Promise<LinkProxy> {
    const front = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES, sendBufferSize: BUFFER_BYTES });
    front.bind(options.port, options.address ?? LOOPBACK);
    await once(front, 'listening');
    return new LinkProxy(options, front);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queue.clear();
    this.#front.close();
    for (const socket of this.#backByPort.values()) (await socket).close();
  }

  async #forward(datagram: Buffer, from: RemoteInfo): Promise<void> {
    const { there } = this.#options.directionsOf(from.port);
    let socket = this.#backByPort.get(from.port);
    if (socket === undefined) {
      socket = this.#openBack(from);
      this.#backByPort.set(from.port, socket);
    }
    const back = await socket;
    this.#pass(there, datagram, () => back.send(datagram));
  }

  async #openBack(sender: RemoteInfo): Promise<Socket> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES, sendBufferSize: BUFFER_BYTES });
    // If the node behind was killed, the sender notices silence, as on a real network.
    socket.on('error', () => {});
    socket.connect(this.#options.targetPort, this.#options.targetAddress ?? LOOPBACK);
    await once(socket, 'connect');
    const { back } = this.#options.directionsOf(sender.port);
    socket.on('message', (datagram) => this.#pass(back, datagram, () => this.#front.send(datagram, sender.port, sender.address)));
    return socket;
  }

  #pass({ line, tally }: Direction, datagram: Buffer, send: () => void): void {
    const arrivals = line.take(performance.now(), datagram.length);
    tally.add(datagram, arrivals.length);
    for (const dueMs of arrivals) {
      if (dueMs <= performance.now()) send();
      else this.#queue.add(dueMs, () => this.#isClosed || send());
    }
  }
}
