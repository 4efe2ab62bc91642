import { Timers } from '@causeway/media';
import { type CountingSecureSuite, createSecureSuite } from '../src/index.ts';
import { RecordingListener } from './endpoint-pair.ts';
import { Flush } from './srtp/flush.ts';
import { buildRtcp, bytesOf } from './srtp/packets.ts';

let suite: CountingSecureSuite;
let clientSuite: CountingSecureSuite;

beforeAll(async () => {
  [suite, clientSuite] = await Promise.all([createSecureSuite({ arenaSlots: 16 }), createSecureSuite({ arenaSlots: 16 })]);
});

/** A server and a client that have shaken hands; what the server sends from then on stays in `output`. */
function connect() {
  const timers = new Timers();
  const [hears, clientHears] = [new RecordingListener(), new RecordingListener()];
  const server = suite.createEndpoint({ role: 'server', remoteFingerprints: [clientSuite.fingerprint], listener: hears, timers });
  const clientTimers = new Timers();
  const client = clientSuite.createEndpoint({
    role: 'client',
    remoteFingerprints: [suite.fingerprint],
    listener: clientHears,
    timers: clientTimers,
  });
  clientTimers.fireDue(0);
  while (clientHears.profile === undefined) {
    for (const datagram of clientHears.output.splice(0)) server.handleDtls(0, datagram);
    for (const datagram of hears.output.splice(0)) client.handleDtls(0, datagram);
  }
  return { server, client, timers, output: hears.output, clientOutput: clientHears.output };
}

test('the end of the handshake is sent again to a client of which nothing is heard', () => {
  const { timers, output } = connect();

  for (let nowMs = 0; nowMs <= 5_000; nowMs += 10) timers.fireDue(nowMs);

  expect(output).toHaveLength(3);
});

test.each(['SRTCP', 'application data'] as const)('a client is not known to have it until it sends %s', (kind) => {
  const { server, client, clientOutput } = connect();
  const before = server.hasPeerFinished;

  if (kind === 'SRTCP') {
    const [report = Buffer.alloc(0)] = new Flush(clientSuite).rtcp(client.rtcpStream, buildRtcp(7, bytesOf('report', 40))).protect();
    server.unprotectRtcp(report);
  } else {
    client.sendApplicationData(bytesOf('INIT', 40));
    for (const datagram of clientOutput.splice(0)) server.handleDtls(0, datagram);
  }

  expect([before, server.hasPeerFinished]).toEqual([false, true]);
});

test('a server that has sent it has finished', () => {
  const { client } = connect();

  expect(client.hasPeerFinished).toBe(true);
});

test('it is not sent again to a client that has sent SRTCP', () => {
  const { server, client, timers, output } = connect();
  const [report = Buffer.alloc(0)] = new Flush(clientSuite).rtcp(client.rtcpStream, buildRtcp(7, bytesOf('report', 40))).protect();
  server.unprotectRtcp(report);

  for (let nowMs = 0; nowMs <= 5_000; nowMs += 10) timers.fireDue(nowMs);

  expect(output).toEqual([]);
});
