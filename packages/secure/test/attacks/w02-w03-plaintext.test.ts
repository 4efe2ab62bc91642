import { capturedTraffic } from '@causeway/testkit/fuzz';
import { createCertificate, type LocalCertificate } from '../../src/dtls/certificate.ts';
import { ContentType } from '../../src/dtls/dtls-numbers.ts';
import { writeRecord } from '../../src/dtls/dtls-record.ts';
import { StreamingNode, UNHARMED } from './streaming-node.ts';

const MAX_UINT48 = 2 ** 48 - 1;
const CLOSE_NOTIFY = Buffer.of(1, 0);
const FATAL_ALERT = Buffer.of(2, 40);

/** Records in the clear, of which one closed a session of werift. */
const PLAINTEXT: readonly [string, Buffer][] = [
  ['a fatal alert', writeRecord(ContentType.alert, 0, 0, FATAL_ALERT)],
  ['close_notify', writeRecord(ContentType.alert, 0, 1, CLOSE_NOTIFY)],
  ['an alert under the highest number', writeRecord(ContentType.alert, 0, MAX_UINT48, FATAL_ALERT)],
  ['a record of unknown type 30', writeRecord(30, 0, 2, Buffer.of(1, 2))],
  ['ChangeCipherSpec', writeRecord(ContentType.changeCipherSpec, 0, 3, Buffer.of(1))],
  ['application data', writeRecord(ContentType.applicationData, 0, 4, Buffer.from('forged'))],
  ['an alert that says it is encrypted', writeRecord(ContentType.alert, 1, MAX_UINT48, FATAL_ALERT)],
  ['an alert of an epoch to come', writeRecord(ContentType.alert, 2, 0, FATAL_ALERT)],
  ['five alerts in one datagram', Buffer.concat(Array.from({ length: 5 }, (_, n) => writeRecord(ContentType.alert, 0, n, FATAL_ALERT)))],
];

let node: StreamingNode;
let certificate: LocalCertificate;

beforeEach(async () => {
  [node, certificate] = await Promise.all([StreamingNode.create(), createCertificate(new Date())]);
});

afterEach(() => node.close());

describe('W02: records in the clear', () => {
  test.each(PLAINTEXT)('%s, sent to both ends of a running stream, costs it no packet', (_what, record) => {
    const { alice, bob } = node;

    node.stream(500, () => {
      for (const { server, client } of [alice, bob]) {
        server.handleDtls(0, Uint8Array.from(record));
        client.handleDtls(0, Uint8Array.from(record));
      }
    });

    expect(node.harm).toEqual(UNHARMED);
    expect([alice, bob].map(({ clientHears }) => clientHears.closeReason)).toEqual([undefined, undefined]);
  });

  test.each(PLAINTEXT)('%s, sent before and during a handshake, does not stop it', async (_what, record) => {
    const peer = node.attach(certificate);
    for (let copy = 0; copy < 50; copy++) peer.server.handleDtls(0, Uint8Array.from(record));
    const carry = peer.client.onSend;
    peer.client.onSend = (datagram) => {
      peer.server.handleDtls(0, Uint8Array.from(record));
      carry(datagram);
    };

    await peer.connected();

    expect(peer.serverHears.closeReason).toBeUndefined();
  });
});

describe('W03: hellos after the handshake', () => {
  test('of Chromium and Firefox, as they were captured, are not answered and cost a running stream no packet', () => {
    const { alice, bob } = node;
    const hellos = capturedTraffic('dtls').filter(
      ([contentType, , , , , , , , , , , , , messageType]) => contentType === 22 && messageType === 1,
    );
    const outputBefore = [alice, bob].map(({ serverHears }) => serverHears.output.length);

    node.stream(500, () => {
      for (const hello of hellos) for (const { server } of [alice, bob]) server.handleDtls(0, hello.slice());
    });

    expect(hellos.length).toBeGreaterThanOrEqual(4);
    expect(node.harm).toEqual(UNHARMED);
    expect([alice, bob].map(({ serverHears }) => serverHears.output.length)).toEqual(outputBefore);
    expect(node.suite.dtlsCounters.plaintextRefused).toBeGreaterThanOrEqual(4000);
  });
});

describe('an encrypted goodbye', () => {
  test('is believed', async () => {
    const peer = node.attach(certificate);
    await peer.connected();

    peer.client.association.close();

    await expect(peer.serverHears.closed).resolves.toBe('peer-closed');
  });
});
