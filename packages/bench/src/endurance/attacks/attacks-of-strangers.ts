/** What an attacker can do without a session, or with one whose DTLS handshake has not begun. */
import { createHmac, randomBytes } from 'node:crypto';
import { IceClient, LoadPeer, LoadSession, offerOf, readRemoteDescription, writeOffer } from '@causeway/loadtest';
import {
  ContentType,
  createCertificate,
  createDtlsCounters,
  DtlsAssociation,
  HandshakeType,
  SystemTimers,
  writeFragments,
  writeRecord,
} from '@causeway/secure/bare';
import { type BindingRequestOptions, writeBindingRequest } from '@causeway/wire';
import { type Attack, type AttackContext, type AttackReport, discarded, dropped } from './attack.ts';
import { BareSuite } from './bare-suite.ts';
import { pour, Stranger } from './stranger.ts';

const PER_SECOND = 1000;
const SILENT_LISTENER = { onSrtp() {}, onSrtcp() {} };
const MAX_UINT48 = 2 ** 48 - 1;
const FATAL_ALERT = Buffer.of(2, 40);

const PLAINTEXT = [
  writeRecord(ContentType.alert, 0, 0, FATAL_ALERT),
  writeRecord(ContentType.alert, 0, 1, Buffer.of(1, 0)),
  writeRecord(ContentType.alert, 0, MAX_UINT48, FATAL_ALERT),
  writeRecord(30, 0, 2, Buffer.of(1, 2)),
  writeRecord(ContentType.applicationData, 0, 4, Buffer.from('forged')),
  writeRecord(ContentType.alert, 1, MAX_UINT48, FATAL_ALERT),
];

export const ATTACKS_OF_STRANGERS: readonly Attack[] = [
  {
    name: 'W01',
    what: 'header extensions longer than their packet, from strangers and from a peer with keys',
    counted: [dropped('rtp-malformed')],
    mount: (context) => fromBothSides(context, [6, 7, 255, 16_383, 32_767, 65_535].map(extensionBomb)),
  },
  {
    name: 'W02',
    what: 'alerts and data in the clear, from strangers and from the address of a session that stays connected',
    counted: [dropped('dtls-from-unvalidated-path'), discarded('dtls', 'plaintextRefused')],
    mount: (context) => fromBothSides(context, PLAINTEXT),
  },
  {
    name: 'W03',
    what: 'hellos after the handshake, from strangers and from the address of a session that stays connected',
    counted: [dropped('dtls-from-unvalidated-path'), discarded('dtls', 'plaintextRefused')],
    mount: async (context) => fromBothSides(context, await writeHellos()),
  },
  {
    name: 'W06',
    what: 'checks without, and with a wrong MESSAGE-INTEGRITY, that nominate their sender',
    counted: [dropped('stun-bad-integrity')],
    mount: forgeChecks,
  },
  {
    name: 'W07',
    what: 'valid checks of one session from ever new addresses',
    counted: [],
    mount: wander,
  },
  {
    name: 'W12',
    what: 'fragments of handshake messages that never become one, from a peer that is shaking hands',
    counted: [discarded('dtls', 'malformed')],
    mount: sendTinyChunks,
  },
];

/** Forty bytes with version 2, the extension bit, and the length field that kept werift busy for minutes. */
function extensionBomb(words: number): Uint8Array {
  const datagram = new Uint8Array(40);
  datagram.set([0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xbe, 0xde, words >> 8, words & 0xff]);
  return datagram;
}

/** Half of them come from a stranger and half from the socket of a session, as if an attacker on the path had forged its address. */
async function fromBothSides(context: AttackContext, datagrams: readonly Uint8Array[]): Promise<AttackReport> {
  const stranger = await Stranger.arrive(context.udpPort);
  const bystander = await LoadSession.join(context, { listener: SILENT_LISTENER });
  let next = 0;
  await pour(PER_SECOND, context.durationMs, () => {
    const datagram = datagrams[next++ % datagrams.length] ?? new Uint8Array(0);
    stranger.send(datagram);
    bystander.peer.send(datagram);
  });
  const isAlive = await isConnected(context, bystander);
  stranger.leave();
  await bystander.leave();
  return {
    sent: 2 * next,
    ...fault([stranger.answers > 0, 'a stranger was answered'], [!isAlive, 'the session whose address it was has ended']),
  };
}

/** A session whose DTLS has ended carries nothing, which a subscription shows. */
async function isConnected(context: AttackContext, session: LoadSession): Promise<boolean> {
  return session.subscribe(context.track).then(
    () => true,
    () => false,
  );
}

async function writeHellos(): Promise<Uint8Array[]> {
  const hellos: Uint8Array[] = [];
  const certificate = await createCertificate(new Date());
  const listener = {
    onOutput: (datagram: Uint8Array) => void hellos.push(datagram),
    onConnected() {},
    onData() {},
    onClosed() {},
    onDefect() {},
  };
  const options = { role: 'client', certificate, remoteFingerprints: [], listener, timers: new SystemTimers() } as const;
  const greeting = Array.from({ length: 8 }, () => new DtlsAssociation(options, createDtlsCounters()));
  while (hellos.length < greeting.length) await new Promise(setImmediate);
  for (const association of greeting) association.close();
  return hellos.filter(([contentType]) => contentType === ContentType.handshake);
}

async function forgeChecks({ api, suite, udpPort, durationMs }: AttackContext): Promise<AttackReport> {
  const victim = new LoadPeer(suite, SILENT_LISTENER);
  const { sessionId, sessionDescription } = await api.createSession(offerOf(writeOffer(victim.local, undefined)));
  const { transport } = readRemoteDescription(sessionDescription.sdp);
  await victim.connect(transport);
  const stranger = await Stranger.arrive(udpPort);
  const hmacSha1 = (key: Uint8Array, data: Uint8Array) => createHmac('sha1', key).update(data).digest();
  const forge = (integrity: BindingRequestOptions['integrity']) =>
    writeBindingRequest({
      transactionId: randomBytes(12),
      username: `${transport.ice.ufrag}:${victim.local.ice.ufrag}`,
      priority: 1,
      useCandidate: true,
      iceControlling: 1n,
      integrity,
      fingerprint: true,
    });
  await pour(PER_SECOND, durationMs, () =>
    stranger.send(forge(stranger.sent % 2 === 0 ? undefined : { key: Buffer.from('guess'), hmacSha1 })),
  );
  stranger.leave();
  await api.deleteSession(sessionId);
  victim.close();
  return { sent: stranger.sent, ...fault([stranger.answers > 0, 'a forged check was answered']) };
}

async function wander(context: AttackContext): Promise<AttackReport> {
  const { api, suite, udpPort, durationMs } = context;
  const peer = new LoadPeer(suite, SILENT_LISTENER);
  const { sessionId, sessionDescription } = await api.createSession(offerOf(writeOffer(peer.local, undefined)));
  const { transport } = readRemoteDescription(sessionDescription.sdp);
  await peer.connect(transport);
  const ice = new IceClient(peer.local.ice, transport.ice);
  const addresses: Promise<Stranger>[] = [];
  await pour(100, durationMs, () => {
    const address = Stranger.arrive(udpPort);
    void address.then((stranger) => stranger.send(ice.writeCheck()));
    addresses.push(address);
  });
  const strangers = await Promise.all(addresses);
  const answered = strangers.filter(({ answers }) => answers > 0).length;
  for (const stranger of strangers) stranger.leave();
  const isAlive = await api.subscribe(sessionId, { tracks: [context.track] }).then(
    () => true,
    () => false,
  );
  await api.deleteSession(sessionId);
  peer.close();
  return {
    sent: strangers.length,
    unit: `addresses (${answered} answered)`,
    ...fault([answered === 0, 'no check was answered: the attack did not arrive'], [!isAlive, 'the session that wandered has ended']),
  };
}

async function sendTinyChunks({ api, durationMs }: AttackContext): Promise<AttackReport> {
  const suite = new BareSuite({ certificate: await createCertificate(new Date()), manners: 'silent' });
  const peer = new LoadPeer(suite, SILENT_LISTENER);
  const { sessionId, sessionDescription } = await api.createSession(offerOf(writeOffer(peer.local, undefined)));
  const outcome = peer.connect(readRemoteDescription(sessionDescription.sdp).transport).then(
    () => 'connected',
    () => 'refused',
  );
  let sent = 0;
  await pour(5 * PER_SECOND, durationMs, () => peer.send(fragment(sent++)));
  await api.deleteSession(sessionId);
  peer.close();
  return { sent, ...fault([(await Promise.race([outcome, 'pending'])) === 'connected', 'fragments were taken for a handshake']) };
}

function fragment(index: number): Buffer {
  const types = Object.values(HandshakeType);
  const type = types[index % types.length] ?? HandshakeType.clientHello;
  const [, second = Buffer.alloc(0)] = writeFragments({ type, sequence: index % 9, body: Buffer.alloc(1000) }, 100);
  return writeRecord(ContentType.handshake, 0, index, second);
}

function fault(...checks: readonly (readonly [boolean, string])[]): Pick<AttackReport, 'success'> {
  const found = checks.filter(([holds]) => holds).map(([, words]) => words);
  return found.length === 0 ? {} : { success: found.join(', ') };
}
