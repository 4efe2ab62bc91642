import type { RequestListener, Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { openFilesLimit } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import { OPTIONS } from '../config/options.ts';
import { RequestIntake } from '../http/request-intake.ts';
import { ConnectionLimit } from '../limits/connection-limit.ts';
import { closeHttpServer, createHttpServer, type HttpServerGuards, listen } from './http-server.ts';
import { explainListenFailure, type PortOption } from './start-failure.ts';

/** Calls that wait for a negotiation take up to 5 s, which is too long for an operator who stops the daemon. */
const CLOSE_GRACE_MS = 3_000;
/** The debug port is reachable only from this machine. */
const DEBUG_ADDRESS = '127.0.0.1';
/** Half of the file descriptors are for clients' media, and some must remain for the log and other files. */
const CONNECTIONS_SHARE_OF_FILES = 0.4;
const MAX_CONNECTIONS = 10_000;
/** The share of one client address: about a hundred people behind a NAT, whose pages have a few connections each. */
const MAX_CLIENT_SHARE = 0.05;
/** The lower bound if the process may open only a few files. */
const MIN_CLIENT_CONNECTIONS = 100;
const MAX_DEBUG_CONNECTIONS = 16;

/** An open HTTP port, whose requests go to the current handler. */
export interface HttpPort {
  readonly port: number;
  readonly server: Server;
  serve(listener: RequestListener): void;
  close(): Promise<void>;
}

/** The public port of the API. */
export interface ApiPort extends HttpPort {
  readonly connectionLimit: ConnectionLimit;
  readonly intake: RequestIntake;
}

/** @throws ConfigError – the port cannot be opened */
export async function openApiPort(config: Config, listener: RequestListener): Promise<ApiPort> {
  const { httpPort, listenAddress, httpListenAddress, trustedProxies, maxConnectionsPerClient } = config;
  const maxConnections = Math.floor(Math.min(MAX_CONNECTIONS, openFilesLimit() * CONNECTIONS_SHARE_OF_FILES));
  const maxPerClient = maxConnectionsPerClient ?? Math.max(MIN_CLIENT_CONNECTIONS, Math.ceil(maxConnections * MAX_CLIENT_SHARE));
  const connectionLimit = new ConnectionLimit(maxPerClient, trustedProxies);
  const guards = { connectionLimit, intake: new RequestIntake() };
  const options = { port: httpPort, address: httpListenAddress ?? listenAddress, maxConnections, guards, graceMs: CLOSE_GRACE_MS };
  const addressOption = httpListenAddress === undefined ? OPTIONS.listenAddress : OPTIONS.httpListenAddress;
  return { ...(await open({ ...options, option: { ...OPTIONS.httpPort, addressOption } }, listener)), ...guards };
}

/**
 * @returns undefined if it is not configured
 * @throws ConfigError – the port cannot be opened
 */
export async function openDebugPort({ debugPort }: Config, listener: RequestListener): Promise<HttpPort | undefined> {
  if (debugPort === undefined) return undefined;
  const options = { address: DEBUG_ADDRESS, maxConnections: MAX_DEBUG_CONNECTIONS, graceMs: 0, option: OPTIONS.debugPort };
  return open({ port: debugPort, ...options }, listener);
}

/**
 * @returns undefined if it is not configured
 * @throws ConfigError – the port cannot be opened
 */
export async function openMetricsPort({ metricsListen }: Config, listener: RequestListener): Promise<HttpPort | undefined> {
  if (metricsListen === undefined) return undefined;
  const options = {
    maxConnections: MAX_DEBUG_CONNECTIONS,
    graceMs: 0,
    option: { ...OPTIONS.metricsListen, addressOption: OPTIONS.metricsListen },
  };
  return open({ ...metricsListen, ...options }, listener);
}

/**
 * Opens the ports that a node opens last, and closes them again, so that one that is in use is found before anything else is opened.
 *
 * @throws ConfigError – one of them cannot be opened
 */
export async function checkLaterPorts(config: Config): Promise<void> {
  for (const open of [openDebugPort, openMetricsPort]) await (await open(config, (_request, response) => response.destroy()))?.close();
}

interface PortOptions {
  readonly port: number;
  readonly address: string | undefined;
  readonly maxConnections: number;
  readonly guards?: HttpServerGuards;
  /** Time for pending requests when the port closes. */
  readonly graceMs: number;
  readonly option: PortOption;
}

async function open(options: PortOptions, first: RequestListener): Promise<HttpPort> {
  const { port, address, maxConnections, guards, graceMs, option } = options;
  let listener = first;
  const server = createHttpServer((request, response) => listener(request, response), { maxConnections }, guards);
  try {
    return {
      port: await listen(server, port, address),
      server,
      serve(next) {
        listener = next;
      },
      close: () => closeHttpServer(server, graceMs),
    };
  } catch (error) {
    throw explainListenFailure(error, 'TCP', port, option);
  }
}

/** Returns the host part of a URL under which a program on this machine reaches a server that listens on `address`, or on all addresses. */
export function urlHostOf(address: string | undefined): string {
  if (address === undefined || address === '0.0.0.0' || address === '::') return 'localhost';
  return isIPv6(address) ? `[${address}]` : address;
}
