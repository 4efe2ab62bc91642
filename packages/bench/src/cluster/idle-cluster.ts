/** Measures what the nodes of an idle cluster cost each other. */

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, RedisServer } from '@causeway/lab';
import type { RunningSfu } from '../contestants/sfu-contestant.ts';
import { StartedCluster } from '../relays/clustered-nodes.ts';
import type { RunningBench } from '../running-bench.ts';

const POLL_MS = 200;
const UP_DEADLINE_MS = 240_000;
/** New links exchange their state during this time. */
const SETTLE_MS = 15_000;
/** A link that is lost to silence is down for longer than this. */
const LOOK_MS = 1_000;

export interface IdleCost {
  readonly nodes: number;
  /** The time from the start until every node is ready. */
  readonly readySeconds: number;
  /** The time from the start until each node has a link to every other. */
  readonly linkedSeconds: number;
  /** The average CPU time of a node until all are ready. */
  readonly startCpuSeconds: number;
  /** The number of UDP datagrams that all nodes have sent by `SETTLE_MS` after that. */
  readonly startDatagrams: number;
  /** The average CPU time of an idle node. */
  readonly cpuMsPerSecond: number;
  /** That of the node that used the most. */
  readonly mostCpuMsPerSecond: number;
  readonly residentMegabytes: number;
  readonly datagramsPerSecond: number;
  /** The rate of Redis commands of all nodes together. */
  readonly redisCommandsPerSecond: number;
  /** The most links that were down at once after all had been up: at a look every second until `SETTLE_MS`, or at the end. */
  readonly linksMissing: number;
}

/** Starts this many nodes at once, waits until all links are up, and measures them while idle. */
export async function measureIdleCluster(bench: RunningBench, size: number, idleMs: number): Promise<IdleCost> {
  const redis = await RedisServer.start();
  try {
    const cluster = new StartedCluster(bench, redis.url);
    const datagramsBefore = await sentDatagrams();
    const startedAtMs = performance.now();
    const ports = await Promise.all(Array.from({ length: size }, () => findFreePort('tcp')));
    const nodes = await Promise.all(
      ports.map((port, place) => cluster.startMember(`node ${place + 1}`, { CAUSEWAY_DEBUG_PORT: String(port) })),
    );
    const readySeconds = (performance.now() - startedAtMs) / 1000;
    const startCpuSeconds = sum(await Promise.all(nodes.map(({ process }) => process.ask('cpuMicros')))) / size / 1e6;
    await untilLinked(ports, size * (size - 1), startedAtMs + UP_DEADLINE_MS);
    const linkedSeconds = (performance.now() - startedAtMs) / 1000;
    const leastLinks = await watchSettling(ports);
    const startDatagrams = (await sentDatagrams()) - datagramsBefore;
    const idle = await watchIdle(nodes, redis, idleMs);
    const linksMissing = size * (size - 1) - Math.min(leastLinks, await countLinksUp(ports));
    return { nodes: size, readySeconds, startCpuSeconds, linkedSeconds, startDatagrams, linksMissing, ...idle };
  } finally {
    await redis.stop();
  }
}

/** Waits for `SETTLE_MS`. @returns the fewest links that were up at any look */
async function watchSettling(ports: readonly number[]): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (const startedAtMs = performance.now(); performance.now() - startedAtMs < SETTLE_MS; await sleep(LOOK_MS)) {
    least = Math.min(least, await countLinksUp(ports));
  }
  return least;
}

type WhileIdle = Pick<
  IdleCost,
  'cpuMsPerSecond' | 'mostCpuMsPerSecond' | 'residentMegabytes' | 'datagramsPerSecond' | 'redisCommandsPerSecond'
>;

async function watchIdle(nodes: readonly RunningSfu<string>[], redis: RedisServer, idleMs: number): Promise<WhileIdle> {
  const size = nodes.length;
  const look = async () => ({
    atMs: performance.now(),
    cpuMicros: await Promise.all(nodes.map(({ process }) => process.ask('cpuMicros'))),
    datagrams: await sentDatagrams(),
    commands: await commandsOf(redis),
  });
  const before = await look();
  await sleep(idleMs);
  const after = await look();
  const seconds = (after.atMs - before.atMs) / 1000;
  const cpuMsPerSecond = after.cpuMicros.map((micros, place) => (micros - (before.cpuMicros[place] ?? micros)) / 1000 / seconds);
  const memory = await Promise.all(nodes.map(({ process }) => process.ask('memory')));
  return {
    cpuMsPerSecond: sum(cpuMsPerSecond) / size,
    mostCpuMsPerSecond: Math.max(...cpuMsPerSecond),
    residentMegabytes: sum(memory.map(({ rssBytes }) => rssBytes)) / size / 2 ** 20,
    datagramsPerSecond: (after.datagrams - before.datagrams) / seconds / size,
    redisCommandsPerSecond: (after.commands - before.commands) / seconds,
  };
}

async function untilLinked(ports: readonly number[], wanted: number, deadlineMs: number): Promise<void> {
  for (;;) {
    const up = await countLinksUp(ports);
    if (up === wanted) return;
    if (performance.now() > deadlineMs) throw new Error(`${wanted - up} of ${wanted} links were not up after ${UP_DEADLINE_MS / 1000} s`);
    await sleep(POLL_MS);
  }
}

async function countLinksUp(ports: readonly number[]): Promise<number> {
  const counts = await Promise.all(
    ports.map(async (port) => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(/^causeway_links\{state="up"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    }),
  );
  return sum(counts);
}

/** Returns the number of datagrams sent in the network namespace of the bench. */
async function sentDatagrams(): Promise<number> {
  const rows = (await readFile('/proc/net/snmp', 'utf8')).split('\n').filter((line) => line.startsWith('Udp:'));
  const [names = [], values = []] = rows.map((row) => row.split(' '));
  return Number(values[names.indexOf('OutDatagrams')]);
}

async function commandsOf(redis: RedisServer): Promise<number> {
  return Number(/^total_commands_processed:(\d+)/m.exec(await redis.command('INFO', 'stats'))?.[1]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
