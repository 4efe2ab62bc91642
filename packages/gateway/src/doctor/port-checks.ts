/** Checks whether the node's ports are free, or already used by this node. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Config } from '../config/load-config.ts';
import { urlHostOf } from '../daemon/http-ports.ts';
import { askStun } from './ask-stun.ts';
import { type Finding, ok, problem } from './finding.ts';

const ANSWER_WITHIN_MS = 2_000;
const LOOPBACK = '127.0.0.1';

type PortConfig = Pick<Config, 'httpPort' | 'udpPort' | 'listenAddress' | 'httpListenAddress'>;

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
