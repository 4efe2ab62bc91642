/** The yardstick for the registry: a command without a client library. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

const PING = '*1\r\n$4\r\nPING\r\n';

export class BareRedis {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async connect(port: number): Promise<BareRedis> {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new BareRedis(socket);
  }

  /** Makes one round trip. */
  async ping(): Promise<void> {
    const answered = once(this.#socket, 'data');
    this.#socket.write(PING);
    await answered;
  }

  close(): void {
    this.#socket.destroy();
  }
}
