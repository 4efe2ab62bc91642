import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { DelayQueue } from './delay-queue.ts';

const LOOPBACK = '127.0.0.1';

/** Every request starts with a method and a path, and nothing else on a connection does. */
const REQUEST_LINE = /^[A-Z]{3,7} \//;
const MAX_METHOD_CHARACTERS = 9;

/** What happens to the TCP connections through a proxy. */
export interface StreamImpairment {
  /** The delay of every piece of data in each direction. The first piece is therefore late by this much, and its reply by twice as much. */
  readonly delayMs: number;
  /** `cut` ends all connections at once, including new ones. `silent` keeps them, but nothing moves. */
  readonly state: 'open' | 'cut' | 'silent';
}

export const OPEN_STREAM: StreamImpairment = { delayMs: 0, state: 'open' };

/** Stands in front of a TCP port, which it can slow down, cut off, or silence. */
export class StreamProxy {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  readonly #queue = new DelayQueue();
  #impairment: StreamImpairment = OPEN_STREAM;
  #lastRequest: Buffer = Buffer.alloc(0);
  /** What continues once the silence ends. */
  #held: (() => void)[] = [];

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async open(port: number, targetPort: number): Promise<StreamProxy> {
    const server = createServer().listen(port, LOOPBACK);
    await once(server, 'listening');
    return new StreamProxy(server, targetPort);
  }

  /** The last HTTP request as it arrived; empty before the first. */
  get lastRequest(): Buffer {
    return this.#lastRequest;
  }

  impair(impairment: StreamImpairment): void {
    this.#impairment = impairment;
    if (impairment.state === 'cut') for (const socket of this.#sockets) socket.destroy();
    if (impairment.state === 'open') for (const act of this.#held.splice(0)) act();
  }

  async close(): Promise<void> {
    this.#queue.clear();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(near: Socket): void {
    if (this.#impairment.state === 'cut') {
      near.destroy();
      return;
    }
    const far = createConnection(this.#targetPort, LOOPBACK);
    near.on('data', (data: Buffer) => {
      if (REQUEST_LINE.test(data.toString('latin1', 0, MAX_METHOD_CHARACTERS))) this.#lastRequest = data;
    });
    this.#join(near, far);
    this.#join(far, near);
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (data) => this.#later(() => to.destroyed || to.write(data)));
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      this.#later(() => to.destroy());
    });
  }

  #later(act: () => void): void {
    if (this.#impairment.state === 'silent') this.#held.push(act);
    else this.#queue.add(performance.now() + this.#impairment.delayMs, act);
  }
}
