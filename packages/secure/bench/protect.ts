/**
 * CPU microseconds that SRTP takes per packet, protecting flushes of PEERS x ROWS packets of 1,200 bytes.
 * `node --conditions=causeway-source packages/secure/bench/protect.ts [PEERS] [ROWS] [PROFILE]`
 */
import { randomBytes } from 'node:crypto';
import type { ProtectBatch, SrtpProfile } from '@causeway/media';
import { SALT_LENGTH } from '../src/srtp/srtp-keys.ts';
import { SrtpSuite } from '../src/srtp/srtp-suite.ts';

const [peers = 50, rows = 1] = process.argv.slice(2, 4).map(Number);
const profile = (process.argv[4] ?? 'AES_CM_128_HMAC_SHA1_80') as SrtpProfile;
const packetLength = 1_200;
const headerLength = 20;
const packetsPerRun = 200_000;

const suite = await SrtpSuite.create({ arenaSlots: 4_096, keystreamPages: 1_024 });
const streams = Array.from({ length: peers }, (_, peer) => {
  const transform = suite.createTransform();
  const keys = { key: randomBytes(16), salt: randomBytes(SALT_LENGTH[profile]) };
  transform.setKeys({ profile, local: keys, remote: keys });
  return transform.outbound.open(1_000 + peer);
});
const count = peers * rows;
const batch = {
  count,
  streams: Array.from({ length: count }, (_, row) => streams[Math.floor(row / rows)]),
  offset: new Uint32Array(count),
  headerLength: new Uint16Array(count).fill(headerLength),
  plainLength: new Uint16Array(count).fill(packetLength),
  packetIndex: new Float64Array(count),
  isRtcp: new Uint8Array(count),
  protectedLength: new Uint16Array(count),
} satisfies ProtectBatch;

let nextIndex = 0;
const results: number[] = [];
for (let run = 0; run < 6; run++) results.push(measure());
const best = Math.min(...results.slice(1));
process.stdout.write(
  `${profile}, ${peers} peers x ${rows}: ${best.toFixed(2)} us (runs: ${results.map((result) => result.toFixed(2)).join(' ')})\n`,
);

function measure(): number {
  const flushes = Math.ceil(packetsPerRun / count);
  const before = process.cpuUsage();
  for (let flush = 0; flush < flushes; flush++) {
    for (let row = 0; row < count; row++) {
      batch.offset[row] = suite.arena.takeSlot();
      batch.packetIndex[row] = nextIndex + (row % rows);
    }
    nextIndex += rows;
    suite.protect(batch);
    suite.prepareAhead();
  }
  const { user, system } = process.cpuUsage(before);
  if (batch.protectedLength.includes(0)) throw new Error('a packet was refused');
  return (user + system) / (flushes * count);
}
