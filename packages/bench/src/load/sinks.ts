import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** The same size as for load clients. */
const RECEIVE_BUFFER_BYTES = 4 << 20;

/** The floor's subscribers: sockets that only count datagrams. */
export class Sinks {
  readonly #sockets: Socket[] = [];
  #received = 0;

  get received(): number {
    return this.#received;
  }

  /** @returns the ports of the sockets opened by this call */
  async open(count: number): Promise<number[]> {
    const ports: number[] = [];
    for (let index = 0; index < count; index++) {
      const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES }).bind(0, '127.0.0.1');
      socket.on('message', () => {
        this.#received++;
      });
      await once(socket, 'listening');
      this.#sockets.push(socket);
      ports.push(socket.address().port);
    }
    return ports;
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
    this.#sockets.length = 0;
  }
}
