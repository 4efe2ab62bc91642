import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClientErrorListener } from '../http/client-error.ts';
import { RequestIntake } from '../http/request-intake.ts';
import { dropTinyChunks } from '../http/tiny-chunks.ts';
import type { ConnectionLimit } from '../limits/connection-limit.ts';

/** What the server takes from connections at most. */
export interface HttpServerLimits {
  /** Senders slower than this are cut off: requests are small, and each open one costs memory. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly timeoutCheckIntervalMs: number;
  /** More are closed as soon as they are open. */
  readonly maxConnections: number;
}

const DEFAULT_LIMITS: HttpServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  timeoutCheckIntervalMs: 1_000,
  maxConnections: 10_000,
};
/** Longer than the idle timeout of common load balancers (60 s), so that they never reuse a connection we are closing. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Closes a socket on which nothing moves, including that of a client that does not read its reply. */
const IDLE_SOCKET_TIMEOUT_MS = 120_000;
const MAX_HEADERS = 64;
const CLOSE_CHECK_INTERVAL_MS = 50;

/** What stands between connections and the server. */
export interface HttpServerGuards {
  /** Default: a client address may have any number of connections. */
  readonly connectionLimit?: ConnectionLimit;
  /** Default: one of its own. */
  readonly intake?: RequestIntake;
}

/**
 * An HTTP server that slow or silent clients cannot hold on to, and that handles requests in turn, a fraction of a millisecond's worth
 * between packets, however many come at once. Not listening yet.
 *
 * @param guards `connectionLimit` bounds the connections of each client address
 */
export function createHttpServer(
  listener: RequestListener,
  limits: Partial<HttpServerLimits> = {},
  { connectionLimit, intake = new RequestIntake() }: HttpServerGuards = {},
): Server {
  const { headersTimeoutMs, requestTimeoutMs, timeoutCheckIntervalMs, maxConnections } = { ...DEFAULT_LIMITS, ...limits };
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: timeoutCheckIntervalMs,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    (request, response) => {
      intake.noteRequest(request, response);
      dropTinyChunks(request);
      listener(request, response);
    },
  );
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = maxConnections;
  server.timeout = IDLE_SOCKET_TIMEOUT_MS;
  // Node's own listener makes a parser for each connection, which one that is refused has no use for.
  const listeners = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket) => {
    if (connectionLimit?.admit(socket) === false) return;
    for (const listener of listeners) Reflect.apply(listener, server, [socket]);
    intake.add(socket);
  });
  return server.on('clientError', createClientErrorListener());
}

/**
 * @param address to listen on; undefined for all, of IPv4 and IPv6
 * @returns the port that is listened on; rejects with the system's error if it cannot be opened
 */
export async function listen(server: Server, port: number, address: string | undefined): Promise<number> {
  server.listen({ port, host: address });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Stops listening, lets requests that are under way finish within `graceMs`, then cuts what is left. */
export async function closeHttpServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection may become idle, and so free to close, at any moment from now on.
  const closeIdle = setInterval(() => server.closeIdleConnections(), CLOSE_CHECK_INTERVAL_MS);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(closeIdle);
  clearTimeout(cut);
}
