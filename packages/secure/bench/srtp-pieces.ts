/**
 * What the parts of SRTP cost, per packet of 1,200 bytes, in CPU microseconds: the figures behind docs/adr/0003.
 * `node --conditions=causeway-source packages/secure/bench/srtp-pieces.ts`
 */
import { createCipheriv, createHmac, createSecretKey, hash, randomBytes } from 'node:crypto';
import { AuthenticationJobs, createAuthenticationKey } from '../src/srtp/authentication.ts';
import { CounterModeKey } from '../src/srtp/counter-mode-key.ts';
import { SLOT_SIZE_BYTES, SrtpMemory } from '../src/srtp/srtp-memory.ts';

const packetLength = 1_200;
const blockedLength = 1_216;
const packetsPerRun = 100_000;

const memory = await SrtpMemory.create({ arenaSlots: 64, keystreamPages: 100 });
const packet = randomBytes(packetLength);
const key = createSecretKey(randomBytes(16));
const macKey = createSecretKey(randomBytes(20));

report('createCipheriv(aes-128-ctr) for each packet', 1, () => createCipheriv('aes-128-ctr', key, packet.subarray(0, 16)).update(packet));
report('createHmac(sha1) for each packet', 1, () => createHmac('sha1', macKey).update(packet).digest());
report('crypto.hash(sha1), no key', 1, () => hash('sha1', packet, 'buffer'));

const keys = Array.from({ length: 100 }, () => new CounterModeKey(memory, randomBytes(16), randomBytes(14)));
const places = Array.from({ length: keys.length }, (_, page) =>
  memory.createKeystreamPlace(memory.keystreamPagesAt + page * memory.keystreamPageBytes),
);
const byNode = places.map(({ at }) => ({ at, writer: undefined }));
for (const [how, rooms] of [['one OpenSSL context', places] as const, ['one node:crypto cipher', byNode] as const]) {
  for (const packets of [1, 2, 4]) {
    let turn = 0;
    report(`keystream by ${how} for a key, ${packets} packets a call`, packets, () => {
      const stream = turn++ % keys.length;
      keys[stream].generate(rooms[stream], 1, turn * packets, packets, blockedLength);
    });
  }
}
report('counter blocks', 1, () => memory.kernel.fillCounterBlocks(memory.counterBlocksAt, memory.saltAt, 1, 0, 1, 1, blockedLength / 16));
report('exclusive-or and checksum', 1, () => memory.kernel.applyKeystream(memory.arenaAt + 12, memory.keystreamPagesAt, packetLength - 12));

const jobs = new AuthenticationJobs(memory);
const authenticationKey = createAuthenticationKey(memory, randomBytes(20));
for (const packets of [1, 2, 3, 4, 5, 50]) {
  report(`HMAC-SHA1-80 in the kernel, ${packets} packets a call`, packets, () => {
    for (let i = 0; i < packets; i++) {
      const at = memory.arenaAt + i * SLOT_SIZE_BYTES;
      jobs.add(authenticationKey, at, packetLength, 0, at + packetLength);
    }
    jobs.run();
  });
}

/** Runs `work`, which does `packets` packets, and prints the best of five runs. */
function report(what: string, packets: number, work: () => void): void {
  let bestUs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const rounds = Math.ceil(packetsPerRun / packets);
    const before = process.cpuUsage();
    for (let round = 0; round < rounds; round++) work();
    const { user, system } = process.cpuUsage(before);
    bestUs = Math.min(bestUs, (user + system) / (rounds * packets));
  }
  process.stdout.write(`${bestUs.toFixed(2).padStart(6)} us  ${what}\n`);
}
