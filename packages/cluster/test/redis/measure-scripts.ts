/** Run by `scripts/simulate measure`: what the calls that grow with a cluster cost Redis, by its own count. Figures of docs/operate/scale.md. */
import { NODE_KEYS } from '../../src/redis/keys.ts';
import { loadLuaScript } from '../../src/redis/redis-link.ts';
import { RedisForTests } from '../doubles/redis-for-tests.ts';

const SIZES = [20, 100, 300, 500];
const CALLS = 2_000;
/** A signed record of a node has about so many characters. */
const RECORD = 'r'.repeat(600);

const redis = await RedisForTests.start();
const link = await redis.connect();
const { leases, records, changes, epochs, lives } = NODE_KEYS;

/** @returns microseconds of Redis's time for one call */
async function measure(call: () => Promise<unknown>): Promise<number> {
  await call();
  await redis.command('CONFIG', 'RESETSTAT');
  for (let count = 0; count < CALLS; count++) await call();
  const statistics = await redis.command('INFO', 'commandstats');
  return Number(/cmdstat_evalsha:.*usec_per_call=([\d.]+)/.exec(statistics)?.[1]);
}

console.log('| nodes | reading the table, us | reading its changes, us | renewing a lease, us | of a core of Redis, for all nodes |');
console.log('|---|---|---|---|---|');
for (const size of SIZES) {
  await link.send(['FLUSHALL']);
  for (let nodeNo = 1; nodeNo <= size; nodeNo++) {
    await link.run(loadLuaScript('node-renew'), [epochs, leases, records, changes, lives], [nodeNo, 1, 60_000, RECORD, 'hints', '0']);
  }
  const last = String(((await link.send(['ZREVRANGE', changes, 0, 0, 'WITHSCORES'])) as unknown[]).flat(2)[1]);
  const readUs = await measure(() => link.run(loadLuaScript('node-table'), [leases, records, changes], [last]));
  const changesUs = await measure(() => link.run(loadLuaScript('node-changes'), [leases, records, changes], [last]));
  const renewUs = await measure(() =>
    link.run(loadLuaScript('node-renew'), [epochs, leases, records, changes, lives], [1, 1, 60_000, '', 'hints', '0']),
  );
  // Every node reads once a second, one time in ten the whole table, and renews every two.
  const share = (size * (readUs / 10 + 0.9 * changesUs + renewUs / 2)) / 10_000;
  console.log(`| ${size} | ${readUs.toFixed(0)} | ${changesUs.toFixed(0)} | ${renewUs.toFixed(0)} | ${share.toFixed(1)}% |`);
}
await redis.stop();
