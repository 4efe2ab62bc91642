/**
 * CPU milliseconds of a DTLS handshake: two endpoints in this process shake hands COUNT times, one after another.
 * `node --conditions=causeway-source packages/secure/bench/handshake.ts [COUNT]`
 */
import { createSecureSuite } from '../src/index.ts';
import { createEndpointPair } from '../test/endpoint-pair.ts';

const count = Number(process.argv[2] ?? 200);
const warmUp = 50;
const [serverSuite, clientSuite] = await Promise.all([createSecureSuite(), createSecureSuite()]);

await shakeHands(warmUp);
const before = process.cpuUsage();
await shakeHands(count);
const { user, system } = process.cpuUsage(before);
const cpuMs = (user + system) / 1_000 / count;
process.stdout.write(`${count} handshakes: ${cpuMs.toFixed(2)} ms of CPU each, both ends together\n`);
process.exit();

async function shakeHands(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const { server, client, serverHears, clientHears } = createEndpointPair({ serverSuite, clientSuite });
    await Promise.all([serverHears.connected, clientHears.connected]);
    server.close();
    client.close();
  }
}
