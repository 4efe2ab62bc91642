/** A proxy in front of Redis that counts what passes through it. */
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';

/** One connection, by the name that its client has set. */
interface CountedConnection {
  name: string;
  roundTrips: number;
  /** Whether Redis has answered since the client last sent something. If so, what the client sends next is another round trip. */
  hasAnswered: boolean;
}

const NAMED = /SETNAME\r\n\$\d+\r\n([^\r]+)\r\n/i;

/** Passes connections on to Redis. Everything that a client sends before it hears a reply is one round trip. */
export class CountedRedis {
  readonly #server: Server;
  readonly #connections: CountedConnection[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(redisPort: number) {
    this.#server = createServer({ noDelay: true }, (client) => this.#pass(client, redisPort));
  }

  static async start(redisPort: number): Promise<CountedRedis> {
    const counted = new CountedRedis(redisPort);
    counted.#server.listen(0, '127.0.0.1');
    await once(counted.#server, 'listening');
    return counted;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  roundTripsOf(connectionName: string): number {
    return this.#connections.filter(({ name }) => name === connectionName).reduce((sum, { roundTrips }) => sum + roundTrips, 0);
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(client: Socket, redisPort: number): void {
    const redis = createConnection({ port: redisPort, host: '127.0.0.1', noDelay: true });
    const connection: CountedConnection = { name: '', roundTrips: 0, hasAnswered: true };
    this.#connections.push(connection);
    for (const socket of [client, redis]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
    }
    client.on('data', (data: Buffer) => {
      if (connection.name === '') connection.name = NAMED.exec(data.toString('latin1'))?.[1] ?? '';
      if (connection.hasAnswered) connection.roundTrips++;
      connection.hasAnswered = false;
      redis.write(data);
    });
    redis.on('data', (data: Buffer) => {
      connection.hasAnswered = true;
      client.write(data);
    });
    client.on('close', () => redis.destroy());
    redis.on('close', () => client.destroy());
  }
}
