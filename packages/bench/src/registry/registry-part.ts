/** `npm run bench -- registry` compares the registry with a bare round trip to Redis. */
import { RedisServer } from '@causeway/lab';
import { formatTable, type Printer } from '../report/table.ts';
import { BareRedis } from './bare-redis.ts';
import { CountedRedis } from './counted-redis.ts';
import { type ListingCost, measureListing, measureOperations, type OperationCost, type RegistryNodes } from './measure-registry.ts';
import { joinCluster } from './registry-load.ts';

const FULL = { calls: 5_000, sessions: 100_000 };
const QUICK = { calls: 500, sessions: 5_000 };

export async function runRegistry({ isQuick }: { readonly isQuick: boolean }, printer: Printer): Promise<void> {
  const { calls, sessions } = isQuick ? QUICK : FULL;
  const server = await RedisServer.start();
  const door = await CountedRedis.start(server.port);
  const bare = await BareRedis.connect(server.port);
  const straight: RegistryNodes = { writer: await joinCluster(101, server.url), reader: await joinCluster(102, server.url) };
  const nodes: RegistryNodes = { writer: await joinCluster(103, door.url), reader: await joinCluster(104, door.url) };
  try {
    printer.note(`registry: ${calls} calls of each kind`);
    const costs = await measureOperations(straight, { nodes, door, bare }, calls);
    printer.print(
      `Registry: ${calls} calls of each kind, one after the other; Redis has a process of its own\n\n${formatOperations(costs)}`,
    );
    printer.note(`registry: ${sessions} sessions`);
    printer.print(formatListing(await measureListing(straight, sessions)));
  } finally {
    await Promise.all([straight, nodes].flatMap(({ writer, reader }) => [writer.close(), reader.close()]));
    bare.close();
    door.stop();
    await server.stop();
  }
}

function formatOperations(costs: readonly OperationCost[]): string {
  const rows = costs.map(({ name, p50Us, p99Us, roundTrips }) => [name, p50Us.toFixed(0), p99Us.toFixed(0), String(roundTrips)]);
  return formatTable(['operation', 'p50 us', 'p99 us', 'round trips'], rows);
}

function formatListing({ sessions, pages, seconds, heapBytes: { lowest, highest } }: ListingCost): string {
  const grown = (highest - lowest) / 2 ** 20;
  return (
    `A listing of ${sessions} sessions: ${pages} pages in ${seconds.toFixed(1)} s; ` +
    `live memory of the process after a forced collection on the way moved by ${grown.toFixed(1)} MB ` +
    `(${(lowest / 2 ** 20).toFixed(1)} to ${(highest / 2 ** 20).toFixed(1)} MB).`
  );
}
