/** `scripts/soak [minutes] [seed]` prints how a node does under load for a long time, and fails if it grows or loses anything. */
import { slopeOf } from './slope.ts';
import { type SoakReport, type SoakSample, soak } from './soak.ts';

const DEFAULT_MINUTES = 20;
/** After this time, code is compiled, pools are filled, and the heap has found its size. */
const WARM_UP_SHARE = 0.25;
const MAX_SLOPE_MB_PER_MINUTE = 1;
const BYTES_PER_MB = 1024 * 1024;

const minutes = Number(process.argv[2] ?? DEFAULT_MINUTES);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write(`scripts/soak [minutes] [seed]; ${DEFAULT_MINUTES} minutes unless given\n`);
  process.exit(2);
}
process.stdout.write(`${minutes} minutes, seed ${seed}; memory after forced collections\n`);
const report = await soak({ minutes, seed }, (sample) => process.stdout.write(`${describeSample(sample)}\n`));
const slopes = { rss: slopeMb(report, ({ rssBytes }) => rssBytes), heap: slopeMb(report, ({ heapBytes }) => heapBytes) };
const { guests, call, dropped, left } = report;
// Clients that waited for a core lost these packets at their own sockets. The node had sent them.
const lostByNode = Math.max(0, call.lost + guests.packetsLost - dropped.atClients);
process.stdout.write(`${describe()}\n`);
const isLossless = lostByNode === 0 && dropped.atNode === 0 && call.corrupted === 0;
process.exitCode = isLossless && guests.failures === 0 && slopes.rss < MAX_SLOPE_MB_PER_MINUTE && left.length === 0 ? 0 : 1;

function describe(): string {
  return [
    `growth after the first ${(minutes * WARM_UP_SHARE).toFixed(1)} minutes: resident set ${slopes.rss.toFixed(2)} MB/min, heap and external ${slopes.heap.toFixed(2)} MB/min`,
    `guests: ${guests.joins} visits, ${guests.layerSwitches} layer switches, ${guests.packetsReceived} packets received, ${guests.packetsLost} lost; ${guests.failures} failures${guests.firstFailure === undefined ? '' : `, the first: ${guests.firstFailure}`}`,
    `call of 20 subscribers: ${call.sent} packets to each, ${call.lost} lost, ${call.corrupted} corrupted; latency p50 ${call.latencyP50Ms.toFixed(1)} ms, p99 ${call.latencyP99Ms.toFixed(1)} ms`,
    `the kernel dropped ${dropped.atClients} datagrams at full sockets of clients and ${dropped.atNode} at the node's; lost otherwise: ${lostByNode}`,
    `live objects at the end: ${left.length === 0 ? 'none' : left.join(', ')}`,
  ].join('\n');
}

function describeSample({ atMinutes, sessions, eventsKept, rssBytes, heapBytes }: SoakSample): string {
  const [rss, heap] = [rssBytes, heapBytes].map((bytes) => (bytes / BYTES_PER_MB).toFixed(1).padStart(7));
  return `${atMinutes.toFixed(1).padStart(6)} min  ${String(sessions).padStart(4)} sessions  ${String(eventsKept).padStart(5)} events kept  resident ${rss} MB  heap and external ${heap} MB`;
}

function slopeMb({ samples }: SoakReport, bytesOf: (sample: SoakSample) => number): number {
  const afterWarmUp = samples.filter(({ atMinutes }) => atMinutes >= minutes * WARM_UP_SHARE);
  return slopeOf(afterWarmUp.map((sample) => ({ x: sample.atMinutes, y: bytesOf(sample) / BYTES_PER_MB })));
}
