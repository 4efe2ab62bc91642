import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClientErrorListener } from '../http/client-error.ts';
import { RequestIntake } from '../http/request-intake.ts';
import { dropTinyChunks } from '../http/tiny-chunks.ts';
import type { ConnectionLimit } from '../limits/connection-limit.ts';

/** Limits of the server's connections. */
export interface HttpServerLimits {
  /** Slower senders are disconnected, because requests are small and each pending one costs memory. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly timeoutCheckIntervalMs: number;
  /** Further connections are closed as soon as they open. */
  readonly maxConnections: number;
}

const DEFAULT_LIMITS: HttpServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  timeoutCheckIntervalMs: 1_000,
  maxConnections: 10_000,
};
/** Longer than the idle timeout of common load balancers (60 s), so that they never reuse a connection that is about to close. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** A socket without traffic is closed after this time, including that of a client that does not read its reply. */
const IDLE_SOCKET_TIMEOUT_MS = 120_000;
const MAX_HEADERS = 64;
const CLOSE_CHECK_INTERVAL_MS = 50;

/** Filters between the connections and the server. */
export interface HttpServerGuards {
  /** Default: a client address may have any number of connections. */
  readonly connectionLimit?: ConnectionLimit;
  /** Default: an intake of its own. */
  readonly intake?: RequestIntake;
}

/**
 * Creates an HTTP server that slow or silent clients cannot block. It handles requests in turns of a fraction of a
 * millisecond between packets, however many arrive at once. It does not listen yet.
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
  // Node's own listener creates a parser for each connection, which a refused one does not need.
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
 * @param address to listen on; undefined for all IPv4 and IPv6 addresses
 * @returns the port in use; rejects with the system's error if it cannot be opened
 */
export async function listen(server: Server, port: number, address: string | undefined): Promise<number> {
  server.listen({ port, host: address });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Stops listening, lets pending requests finish within `graceMs`, and then closes the remaining connections. */
export async function closeHttpServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // From now on, any connection may become idle and can then be closed.
  const closeIdle = setInterval(() => server.closeIdleConnections(), CLOSE_CHECK_INTERVAL_MS);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(closeIdle);
  clearTimeout(cut);
}
