/**
 * What SRTP costs when packets come as in a live process: PEERS streams, one packet of 1,200 bytes each every 4 ms, caches
 * cooling in between. CPU microseconds for one packet above those of a bare loop that only writes the same packets. More
 * versions of the suite are measured in turn in the same process, so that a change is judged against what it replaces.
 * `node --conditions=causeway-source packages/secure/bench/paced-protect.ts [PEERS] [SRTP_SUITE_MODULE...]`
 */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { ProtectBatch } from '@causeway/media';
import { SrtpSuite } from '../src/srtp/srtp-suite.ts';

const peers = Number(process.argv[2] ?? 50);
const otherModules = process.argv.slice(3);
const packetLength = 1_200;
const headerLength = 20;
const flushIntervalMs = 4;
const flushesPerRun = 125;
const runs = Number(process.env.RUNS ?? 15);

interface Contender {
  readonly name: string;
  readonly flush: (cost: Cost) => void;
  readonly results: Cost[];
}

/** CPU microseconds for one packet. */
interface Cost {
  loopUs: number;
  protectUs: number;
  prepareUs: number;
}

const packet = randomBytes(packetLength);
const contenders = [createBare(), await createContender('this version', SrtpSuite)];
for (const module of otherModules) {
  const loaded = (await import(pathToFileURL(resolve(module)).href)) as { SrtpSuite: typeof SrtpSuite };
  contenders.push(await createContender(module, loaded.SrtpSuite));
}
for (let run = 0; run < runs + 2; run++) {
  for (const contender of contenders) contender.results.push(await measure(contender));
}
const bareUs = median(contenders[0].results.slice(2).map(({ loopUs }) => loopUs));
for (const { name, results } of contenders) {
  const measured = results.slice(2);
  const loopUs = median(measured.map((cost) => cost.loopUs));
  const protectUs = median(measured.map((cost) => cost.protectUs));
  const prepareUs = median(measured.map((cost) => cost.prepareUs));
  const parts = `protect ${protectUs.toFixed(2)}, prepareAhead ${prepareUs.toFixed(2)}, both ${(protectUs + prepareUs).toFixed(2)}`;
  process.stdout.write(
    `${(loopUs - bareUs).toFixed(2)} us above the bare loop (${(loopUs / bareUs).toFixed(2)} times it; ${parts}): ${name}\n`,
  );
}

function createBare(): Contender {
  const slots = Buffer.alloc(4_096 * 1_600);
  let next = 0;
  return {
    name: 'bare loop',
    results: [],
    flush: () => {
      for (let row = 0; row < peers; row++) {
        slots.set(packet, next * 1_600);
        next = (next + 1) % 4_096;
      }
    },
  };
}

async function createContender(name: string, Suite: typeof SrtpSuite): Promise<Contender> {
  const suite = await Suite.create({ arenaSlots: 4_096, keystreamPages: 1_024 });
  const batch = { ...createBatch(suite), count: 0 };
  const flush = (cost: Cost): void => {
    // Streams start one after another, so that their keystream does not run low in the same flush.
    if (batch.count < peers) batch.count++;
    for (let row = 0; row < batch.count; row++) {
      batch.offset[row] = suite.arena.takeSlot();
      suite.arena.bytes.set(packet, batch.offset[row]);
      batch.packetIndex[row]++;
    }
    const start = process.cpuUsage();
    suite.protect(batch);
    const between = process.cpuUsage();
    suite.prepareAhead();
    const end = process.cpuUsage();
    cost.protectUs += between.user + between.system - start.user - start.system;
    cost.prepareUs += end.user + end.system - between.user - between.system;
    if (batch.protectedLength.subarray(0, batch.count).includes(0)) throw new Error('a packet was refused');
  };
  return { name, flush, results: [] };
}

function createBatch(suite: SrtpSuite): ProtectBatch {
  const streams = Array.from({ length: peers }, (_, peer) => {
    const transform = suite.createTransform();
    const keys = { key: randomBytes(16), salt: randomBytes(14) };
    transform.setKeys({ profile: 'AES_CM_128_HMAC_SHA1_80', local: keys, remote: keys });
    return transform.outbound.open(1_000 + peer);
  });
  return {
    count: peers,
    streams,
    offset: new Uint32Array(peers),
    headerLength: new Uint16Array(peers).fill(headerLength),
    plainLength: new Uint16Array(peers).fill(packetLength),
    packetIndex: new Float64Array(peers),
    isRtcp: new Uint8Array(peers),
    protectedLength: new Uint16Array(peers),
  };
}

async function measure({ flush }: Contender): Promise<Cost> {
  const cost: Cost = { loopUs: 0, protectUs: 0, prepareUs: 0 };
  const before = process.cpuUsage();
  for (let i = 0; i < flushesPerRun; i++) {
    await pause(flushIntervalMs);
    flush(cost);
  }
  const { user, system } = process.cpuUsage(before);
  const packets = flushesPerRun * peers;
  return { loopUs: (user + system) / packets, protectUs: cost.protectUs / packets, prepareUs: cost.prepareUs / packets };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
