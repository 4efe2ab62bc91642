import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Cluster } from '@causeway/cluster';
import { quantile } from '@causeway/loadtest';
import type { Registry } from '@causeway/sfu';
import type { BareRedis } from './bare-redis.ts';
import type { CountedRedis } from './counted-redis.ts';
import { BENCH_APP, sessionIdOf, sessionRecord, trackRecord } from './registry-load.ts';

export interface OperationCost {
  readonly name: string;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Consecutive round trips to Redis for one call. */
  readonly roundTrips: number;
}

export interface ListingCost {
  readonly sessions: number;
  readonly pages: number;
  readonly seconds: number;
  /** Live objects after a forced collection, at the page with the fewest and at the one with the most. */
  readonly heapBytes: { readonly lowest: number; readonly highest: number };
}

interface Operation {
  readonly name: string;
  /** The node whose connection to Redis the call uses. */
  readonly nodeNo: number;
  readonly run: (call: number) => Promise<unknown>;
}

/** Looks up on one node what the other announces. */
export interface RegistryNodes {
  readonly writer: Cluster;
  readonly reader: Cluster;
}

const BATCH_TRACKS = 64;
const COUNTED_CALLS = 200;
const PAGE_SIZE = 1_000;
const PAGES_BETWEEN_COLLECTIONS = 10;
const WRITES_AT_ONCE = 100;

/**
 * Makes calls one after another, each after the reply to the previous one. Times are measured over a direct connection to Redis, and round
 * trips over another.
 */
export async function measureOperations(
  straight: RegistryNodes,
  { nodes, door, bare }: { readonly nodes: RegistryNodes; readonly door: CountedRedis; readonly bare: BareRedis },
  calls: number,
): Promise<readonly OperationCost[]> {
  const timed = operationsOn(straight, calls);
  const counted = operationsOn(nodes, COUNTED_CALLS);
  const costs: OperationCost[] = [{ name: 'bare PING', ...(await takeTimes(() => bare.ping(), calls)), roundTrips: 1 }];
  for (const [index, { name, run }] of timed.entries()) {
    const operation = counted[index];
    if (operation === undefined) break;
    costs.push({ name, ...(await takeTimes(run, calls)), roundTrips: await countRoundTrips(operation, door) });
  }
  return costs;
}

function operationsOn({ writer, reader }: RegistryNodes, calls: number): readonly Operation[] {
  const [here, there] = [writer.registry, reader.registry];
  const writing = (name: string, run: Operation['run']): Operation => ({ name, nodeNo: writer.directory.self.nodeNo, run });
  const reading = (name: string, run: Operation['run']): Operation => ({ name, nodeNo: reader.directory.self.nodeNo, run });
  const id = (call: number): string => sessionIdOf(writer.directory.self.nodeNo, call % calls);
  const batch = Array.from({ length: BATCH_TRACKS }, (_, number) => number);
  return [
    writing('announce a session', (call) => here.putSession(sessionRecord(id(call)))),
    writing('announce a track', (call) => here.putTrack(trackRecord(id(call)))),
    reading('find a session', (call) => there.findSession(BENCH_APP, id(call))),
    reading('subscribe: locate 1 track', (call) => locate(there, id(call))),
    reading(`subscribe: locate ${BATCH_TRACKS} tracks of as many sessions`, (call) =>
      Promise.all(batch.map((number) => locate(there, id(call + number)))),
    ),
    reading('subscribe: a track that is not there', (call) => explainMissing(there, id(call))),
    reading('list the tracks of a session', (call) => there.listTracks(BENCH_APP, id(call))),
    reading('list 100 sessions', () => there.listSessions(BENCH_APP, { limit: 100, cursor: undefined })),
    writing('withdraw a track', (call) => here.removeTrack(BENCH_APP, id(call), trackRecord(id(call)).publicationId)),
    writing('withdraw a session', (call) => here.removeSession(BENCH_APP, id(call))),
  ];
}

/** @param sessions how many are listed, page by page */
export async function measureListing({ writer, reader }: RegistryNodes, sessions: number): Promise<ListingCost> {
  for (let first = 0; first < sessions; first += WRITES_AT_ONCE) {
    const some = Array.from({ length: Math.min(WRITES_AT_ONCE, sessions - first) }, (_, number) => first + number);
    await Promise.all(some.map((number) => writer.registry.putSession(sessionRecord(sessionIdOf(writer.directory.self.nodeNo, number)))));
  }
  const collect = forcedCollection();
  const heapBytes: number[] = [];
  const startedAtMs = performance.now();
  let [seen, pages] = [0, 0];
  let cursor: string | undefined;
  do {
    const page = await reader.registry.listSessions(BENCH_APP, { limit: PAGE_SIZE, cursor });
    seen += page.sessions.length;
    cursor = page.nextCursor;
    if (pages++ % PAGES_BETWEEN_COLLECTIONS === 0) {
      collect();
      heapBytes.push(process.memoryUsage().heapUsed);
    }
  } while (cursor !== undefined);
  if (seen !== sessions) throw new Error(`${sessions} sessions were announced and ${seen} are listed`);
  const seconds = (performance.now() - startedAtMs) / 1000;
  return { sessions, pages, seconds, heapBytes: { lowest: Math.min(...heapBytes), highest: Math.max(...heapBytes) } };
}

async function takeTimes(run: Operation['run'], calls: number): Promise<{ readonly p50Us: number; readonly p99Us: number }> {
  const tookUs: number[] = [];
  for (let call = 0; call < calls; call++) {
    const startedAtMs = performance.now();
    await run(call);
    tookUs.push((performance.now() - startedAtMs) * 1000);
  }
  return { p50Us: quantile(tookUs, 0.5), p99Us: quantile(tookUs, 0.99) };
}

async function countRoundTrips({ nodeNo, run }: Operation, door: CountedRedis): Promise<number> {
  const connection = `causeway-${nodeNo}-registry`;
  const counts: number[] = [];
  for (let call = 0; call < COUNTED_CALLS; call++) {
    const before = door.roundTripsOf(connection);
    await run(call);
    counts.push(door.roundTripsOf(connection) - before);
  }
  // Every two seconds, a node compares its records with Redis on the same connection, in parallel with one call or another.
  return quantile(counts, 0.95);
}

function locate(registry: Registry, sessionId: string): Promise<unknown> {
  return registry.locateTrack(BENCH_APP, { by: 'id', sessionId, trackId: 'camera' });
}

/** The SFU does the same to distinguish a missing track from a missing session. */
async function explainMissing(registry: Registry, sessionId: string): Promise<void> {
  await registry.locateTrack(BENCH_APP, { by: 'id', sessionId, trackId: 'no such track' });
  await registry.findSession(BENCH_APP, sessionId);
}

function forcedCollection(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
