/**
 * CPU microseconds that authenticating and decrypting a received packet of 1,200 bytes takes, one at a time, with the
 * packets of PEERS publishers in turn.
 * `node --conditions=causeway-source packages/secure/bench/unprotect.ts [PEERS] [PROFILE]`
 */
import { randomBytes } from 'node:crypto';
import type { ProtectBatch, SrtpProfile } from '@causeway/media';
import { SALT_LENGTH } from '../src/srtp/srtp-keys.ts';
import { SrtpSuite } from '../src/srtp/srtp-suite.ts';

const peers = Number(process.argv[2] ?? 4);
const profile = (process.argv[3] ?? 'AES_CM_128_HMAC_SHA1_80') as SrtpProfile;
const packetLength = 1_200;
const packetsPerRun = 4_000;

const suite = await SrtpSuite.create({ arenaSlots: 16, keystreamPages: 64 });
const keys = Array.from({ length: peers }, () => ({ key: randomBytes(16), salt: randomBytes(SALT_LENGTH[profile]) }));
const transforms = keys.map((master) => {
  const transform = suite.createTransform();
  transform.setKeys({ profile, local: master, remote: master });
  return transform;
});
const streams = transforms.map((transform) => transform.outbound.open(1));

let nextSeq = 0;
const results: number[] = [];
for (let run = 0; run < 12; run++) results.push(measure(makePackets()));
const best = Math.min(...results.slice(2));
process.stdout.write(`${profile}, ${peers} peers: ${best.toFixed(2)} us (runs: ${results.map((result) => result.toFixed(2)).join(' ')})\n`);

function makePackets(): Buffer[] {
  return Array.from({ length: packetsPerRun }, (_, i) => {
    const peer = i % peers;
    if (peer === 0) nextSeq++;
    const offset = suite.arena.takeSlot();
    const packet = Buffer.from(suite.arena.bytes.buffer, suite.arena.bytes.byteOffset + offset, suite.arena.slotSizeBytes);
    packet[0] = 0x80;
    packet.writeUInt16BE(nextSeq % 65_536, 2);
    packet.writeUInt32BE(1, 8);
    const batch: ProtectBatch = {
      count: 1,
      streams: [streams[peer]],
      offset: Uint32Array.of(offset),
      headerLength: Uint16Array.of(12),
      plainLength: Uint16Array.of(packetLength),
      packetIndex: Float64Array.of(nextSeq),
      isRtcp: Uint8Array.of(0),
      protectedLength: new Uint16Array(1),
    };
    suite.protect(batch);
    return Buffer.from(packet.subarray(0, batch.protectedLength[0]));
  });
}

function measure(packets: readonly Buffer[]): number {
  const before = process.cpuUsage();
  for (const [i, packet] of packets.entries()) {
    if (transforms[i % peers].inbound.unprotectRtp(packet) !== packetLength) throw new Error('a packet was refused');
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / packets.length;
}
