import { UNPROTECT_NOT_READY } from '@causeway/media';
import { expandedRecordKeys } from '../src/dtls/record-cipher.ts';
import { type CountingSecureSuite, createSecureSuite } from '../src/index.ts';
import { createEndpointPair } from './endpoint-pair.ts';
import { Flush } from './srtp/flush.ts';
import { buildRtcp, buildRtp, bytesOf } from './srtp/packets.ts';

describe('two endpoints', () => {
  let serverSuite: CountingSecureSuite;
  let clientSuite: CountingSecureSuite;

  beforeAll(async () => {
    [serverSuite, clientSuite] = await Promise.all([createSecureSuite({ arenaSlots: 64 }), createSecureSuite({ arenaSlots: 64 })]);
  });

  test('complete the handshake and exchange SRTP and SRTCP in both directions, preferring the profile with the fast path', async () => {
    const { server, client, serverHears, clientHears } = createEndpointPair({ serverSuite, clientSuite });
    const { packet, headerLength } = buildRtp({ ssrc: 7, seq: 1, payload: bytesOf('payload', 1_000) });
    const report = buildRtcp(7, bytesOf('report', 40));
    const early = client.inbound.unprotectRtp(Buffer.from(packet));

    const profiles = await Promise.all([serverHears.connected, clientHears.connected]);

    expect(early).toBe(UNPROTECT_NOT_READY);
    expect(profiles).toEqual(['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_80']);
    for (const [suite, from, to] of [
      [serverSuite, server, client],
      [clientSuite, client, server],
    ] as const) {
      const flush = new Flush(suite).rtp(from.openOutboundStream(7), packet, headerLength, 1).rtcp(from.rtcpStream, report);
      const [rtp = Buffer.alloc(0), rtcp = Buffer.alloc(0)] = flush.protect();
      expect(rtp.subarray(0, to.inbound.unprotectRtp(rtp))).toEqual(packet);
      expect(rtcp.subarray(0, to.unprotectRtcp(rtcp))).toEqual(report);
    }
    server.close();
    client.close();
  });

  test('leave no key in OpenSSL when they have closed, also where their handshake failed', async () => {
    const keys = [expandedRecordKeys()];
    const { server, client, serverHears, clientHears } = createEndpointPair({ serverSuite, clientSuite });
    await Promise.all([serverHears.connected, clientHears.connected]);
    keys.push(expandedRecordKeys());
    client.close();
    server.close();
    const refused = createEndpointPair({ serverSuite, clientSuite, expectedByServer: [serverSuite.fingerprint] });
    await refused.serverHears.closed;
    refused.server.close();
    refused.client.close();

    expect(keys[0]).toBe(0);
    expect(keys[1]).toBeGreaterThan(0);
    expect(expandedRecordKeys()).toBe(0);
  });

  test('a peer with another certificate than announced is refused', async () => {
    const stranger = serverSuite.fingerprint;
    const { server, client, serverHears } = createEndpointPair({ serverSuite, clientSuite, expectedByServer: [stranger] });

    await expect(serverHears.closed).resolves.toBe('fingerprint-mismatch');

    server.close();
    client.close();
  });

  test('carry application data in both directions, one record per datagram, and none before the handshake', async () => {
    const { server, client, serverHears, clientHears } = createEndpointPair({ serverSuite, clientSuite });
    server.sendApplicationData(Uint8Array.of(0));
    await Promise.all([serverHears.connected, clientHears.connected]);
    const packet = Uint8Array.from(bytesOf('sctp', 1_192));

    client.sendApplicationData(packet);
    client.sendApplicationData(Uint8Array.of(1));
    server.sendApplicationData(Uint8Array.of(2));
    packet.fill(0);
    await serverHears.until(() => serverHears.received.length === 2);
    await clientHears.until(() => clientHears.received.length === 1);

    expect(serverHears.received).toEqual([Uint8Array.from(bytesOf('sctp', 1_192)), Uint8Array.of(1)]);
    expect(clientHears.received).toEqual([Uint8Array.of(2)]);
    server.close();
    client.close();
  });

  test('the census counts endpoints, and nothing once they are closed', async () => {
    const { server, client, serverHears, clientHears } = createEndpointPair({ serverSuite, clientSuite });
    const { packet, headerLength } = buildRtp({ ssrc: 9, seq: 1, payload: bytesOf('payload', 100) });
    const during = serverSuite.census();
    await Promise.all([serverHears.connected, clientHears.connected]);
    new Flush(serverSuite).rtp(server.openOutboundStream(9), packet, headerLength, 1).protect();
    const connected = serverSuite.census();

    server.close();
    client.close();

    expect(during).toEqual({ endpoints: 1, handshakes: 1, outboundStreams: 0, keystreamPages: 0 });
    expect(connected).toEqual({ endpoints: 1, handshakes: 0, outboundStreams: 1, keystreamPages: 1 });
    for (const suite of [serverSuite, clientSuite]) expect(new Set(Object.values(suite.census()))).toEqual(new Set([0]));
  });
});
