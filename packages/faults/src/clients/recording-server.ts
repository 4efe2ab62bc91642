/** An HTTP server that keeps all it is told: a collector of metrics and traces, a receiver of webhooks, and an OpenID provider that is broken. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Recorded {
  readonly path: string;
  readonly body: string;
}

export class RecordingServer {
  readonly url: string;
  readonly recorded: readonly Recorded[];
  readonly #server: Server;

  private constructor(server: Server, recorded: readonly Recorded[]) {
    this.#server = server;
    this.recorded = recorded;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<RecordingServer> {
    const recorded: Recorded[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      recorded.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString() });
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RecordingServer(server, recorded);
  }

  /** How many requests came to a path. */
  countAt(path: string): number {
    return this.recorded.filter((each) => each.path === path).length;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
