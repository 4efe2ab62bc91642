/** Checks the Node.js version and the limits of the operating system. */

import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { openFilesLimit, type SocketAddress } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import { isOwnNetwork } from '../config/own-networks.ts';
import { urlHostOf } from '../daemon/http-ports.ts';
import { askStun } from './ask-stun.ts';
import { type Finding, ok, problem, skipped, warning } from './finding.ts';

/** The properties of the machine that are checked. */
export interface Machine {
  readonly nodeVersion: string;
  readonly openFiles: number;
  /** Limits from `net.core` on Linux; undefined on other systems. */
  readonly maxReceiveBufferBytes: number | undefined;
  readonly maxSendBufferBytes: number | undefined;
}

const OLDEST_NODE_MAJOR = 24;
/** A client may have a socket of its own, and half of the descriptors are reserved for those. */
const FILES_PER_SESSION = 2;
/** The values that docs/operate/limits.md recommends. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
const SEND_BUFFER_BYTES = 1 << 20;

export function readMachine(): Machine {
  return {
    nodeVersion: process.versions.node,
    openFiles: openFilesLimit(),
    maxReceiveBufferBytes: readNumber('/proc/sys/net/core/rmem_max'),
    maxSendBufferBytes: readNumber('/proc/sys/net/core/wmem_max'),
  };
}

export function checkMachine(machine: Machine, maxSessions: number): readonly Finding[] {
  const { nodeVersion, openFiles, maxReceiveBufferBytes, maxSendBufferBytes } = machine;
  return [
    Number.parseInt(nodeVersion, 10) >= OLDEST_NODE_MAJOR
      ? ok('node', `Node ${nodeVersion}`)
      : problem('node', `Node ${nodeVersion}, and ${OLDEST_NODE_MAJOR} is the oldest that works`, 'npm install --global node@26'),
    checkFiles(openFiles, maxSessions),
    checkBuffer('receive buffer', 'net.core.rmem_max', maxReceiveBufferBytes, RECEIVE_BUFFER_BYTES),
    checkBuffer('send buffer', 'net.core.wmem_max', maxSendBufferBytes, SEND_BUFFER_BYTES),
  ];
}

function checkFiles(openFiles: number, maxSessions: number): Finding {
  const needed = FILES_PER_SESSION * maxSessions;
  if (openFiles >= needed) return ok('descriptors', `${openFiles} files and sockets may be open`);
  const fact = `${openFiles} files and sockets may be open, and ${maxSessions} sessions may need ${needed}`;
  return warning('descriptors', fact, `LimitNOFILE=${needed} in the service unit, or ulimit -n ${needed} before the start`);
}

function checkBuffer(check: string, setting: string, bytes: number | undefined, wanted: number): Finding {
  if (bytes === undefined) return ok(check, 'this system sets no limit that is known here');
  if (bytes >= wanted) return ok(check, `${setting} is ${bytes} bytes`);
  return warning(check, `${setting} is ${bytes} bytes, and bursts of packets need ${wanted}`, `sysctl -w ${setting}=${wanted}`);
}

function readNumber(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

const ANSWER_WITHIN_MS = 2_000;
const LOOPBACK = '127.0.0.1';

type PortConfig = Pick<Config, 'httpPort' | 'udpPort' | 'listenAddress' | 'httpListenAddress'>;

/** Checks whether the node's ports are free, or already used by this node. */
export async function checkPorts({ httpPort, udpPort, listenAddress, httpListenAddress }: PortConfig): Promise<readonly Finding[]> {
  return [await checkHttpPort(httpPort, httpListenAddress ?? listenAddress), await checkUdpPort(udpPort, listenAddress)];
}

async function checkHttpPort(port: number, address: string | undefined): Promise<Finding> {
  const check = 'http port';
  if (port === 0) return ok(check, 'any free TCP port');
  if (await isNode(`http://${urlHostOf(address)}:${port}/healthz`)) return ok(check, `a node answers on TCP port ${port}`);
  const error = await tryToListen(port, address);
  if (error === undefined) return ok(check, `TCP port ${port} is free`);
  return problem(
    check,
    `TCP port ${port} cannot be opened: ${error}`,
    `ss -ltnp 'sport = :${port}' shows whose it is; CAUSEWAY_HTTP_PORT takes another`,
  );
}

async function isNode(url: string): Promise<boolean> {
  const reply = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(() => undefined);
  return reply?.status === 200 && (await reply.text()) === '{"status":"alive"}';
}

async function checkUdpPort(port: number, address: string | undefined): Promise<Finding> {
  const check = 'media port';
  if (port === 0) return ok(check, 'any free UDP port; a firewall cannot know which');
  const isAny = address === undefined || address === '0.0.0.0' || address === '::';
  if ((await askStun({ address: isAny ? LOOPBACK : address, port })) !== undefined) return ok(check, `a node answers on UDP port ${port}`);
  const error = await tryToBind(port, address);
  if (error === undefined) return ok(check, `UDP port ${port} is free`);
  return problem(
    check,
    `UDP port ${port} cannot be opened: ${error}`,
    `ss -lunp 'sport = :${port}' shows whose it is; CAUSEWAY_UDP_PORT takes another`,
  );
}

/** @returns why the TCP port cannot be opened; undefined if it can */
function tryToListen(port: number, host: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.message));
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => server.close(() => resolve(undefined)));
  });
}

/** @returns why the UDP port cannot be opened; undefined if it can */
function tryToBind(port: number, address: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(address?.includes(':') === true ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      resolve(error.message);
    });
    socket.bind({ port, ...(address === undefined ? {} : { address }) }, () => socket.close(() => resolve(undefined)));
  });
}

const CHECK = 'announced address';

type AddressConfig = Pick<Config, 'announcedAddresses' | 'listenAddress'>;

/** @param outside STUN servers on other machines, such as the media ports of other nodes */
export async function checkAddress(config: AddressConfig, outside: readonly SocketAddress[]): Promise<Finding> {
  const announced = announcedBy(config);
  const list = announced.join(', ');
  if (announced.length === 0)
    return problem(CHECK, 'this machine has no address that clients could be told', 'CAUSEWAY_ANNOUNCED_ADDRESS=…');
  const seen = (await Promise.all(outside.map(askStun))).find((address) => address !== undefined);
  const isPrivate = announced.every(isOwnNetwork);
  if (seen === undefined) {
    const advice = 'causeway doctor --from stun:HOST:PORT asks a node elsewhere, whose media port answers';
    if (isPrivate)
      return warning(CHECK, `clients are told ${list}, which the internet does not reach`, `CAUSEWAY_ANNOUNCED_ADDRESS=…; ${advice}`);
    return skipped(CHECK, `clients are told ${list}; no machine elsewhere was asked how it sees this one`, advice);
  }
  if (announced.includes(seen)) return ok(CHECK, `clients are told ${list}, and from elsewhere this machine is seen as ${seen}`);
  if (isOwnNetwork(seen)) return ok(CHECK, `clients are told ${list}; within its network this machine is seen as ${seen}`);
  return problem(
    CHECK,
    `clients are told ${list}, and from elsewhere this machine is seen as ${seen}`,
    `CAUSEWAY_ANNOUNCED_ADDRESS=${seen}`,
  );
}

/** Returns the addresses that the node puts into its candidates. */
function announcedBy({ announcedAddresses, listenAddress }: AddressConfig): readonly string[] {
  if (announcedAddresses.length > 0) return announcedAddresses;
  const isOne = listenAddress !== undefined && isIP(listenAddress) !== 0 && listenAddress !== '0.0.0.0' && listenAddress !== '::';
  if (isOne) return [listenAddress];
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0).map(({ address }) => address);
}
