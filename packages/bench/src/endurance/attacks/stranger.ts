import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPacedSource } from '@causeway/loadtest';

/** A UDP socket that the node does not know. */
export class Stranger {
  readonly #socket: Socket;
  sent = 0;
  /** The number of datagrams that the node has answered with. */
  answers = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', () => this.answers++);
    socket.on('error', () => undefined);
  }

  static async arrive(udpPort: number): Promise<Stranger> {
    const socket = createSocket('udp4');
    socket.connect(udpPort, '127.0.0.1');
    await once(socket, 'connect');
    return new Stranger(socket);
  }

  send(datagram: Uint8Array): void {
    this.sent++;
    this.#socket.send(datagram);
  }

  leave(): void {
    this.#socket.close();
  }
}

/** Calls a function at even intervals for some time. */
export async function pour(perSecond: number, durationMs: number, send: () => void): Promise<void> {
  const source = createPacedSource(perSecond, send);
  source.start();
  await sleep(durationMs);
  source.pause();
}
