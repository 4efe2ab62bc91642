import {
  type RtcpPacket,
  writeBye,
  writeFir,
  writePli,
  writeReceiverReport,
  writeRemb,
  writeSdes,
  writeSenderReport,
} from '@causeway/wire';
import { RunningCall, UNHARMED } from './running-call.ts';

const APP = Uint8Array.of(0x81, 204, 0, 3, 0, 0, 0, 7, 0x65, 0x76, 0x69, 0x6c, 1, 2, 3, 4);
const XR = Uint8Array.of(0x80, 207, 0, 1, 0, 0, 0, 7);

/** Kinds of RTCP that the engine may send to a subscriber, all of which it writes itself. */
const OWN_KINDS: readonly RtcpPacket['type'][] = ['sender-report', 'receiver-report', 'sdes', 'bye'];

test('RTCP of a publisher ends at the SFU: goodbyes, descriptions and unknown kinds change nothing and are passed on to nobody', () => {
  const call = new RunningCall();
  const { alice, bob } = call;

  call.runFor(3000, (nowMs) => {
    alice.sendRtcp(nowMs, (out, offset) => writeBye(out, offset, { ssrcs: [7, 70, 8] }));
    alice.sendRtcp(nowMs, (out, offset) => writeSdes(out, offset, { chunks: [{ ssrc: 7, cname: 'evil' }] }));
    alice.sendRaw(nowMs, APP);
    alice.sendRaw(nowMs, XR);
  });

  const names = bob.rtcp.flatMap((packet) => (packet.type === 'sdes' ? packet.chunks.map(({ cname }) => cname) : []));
  expect(call.harm).toEqual(UNHARMED);
  expect(bob.rtcp.every(({ type }) => OWN_KINDS.includes(type))).toBe(true);
  expect(bob.rtcp.some(({ type }) => type === 'bye')).toBe(false);
  expect(new Set(names)).toEqual(new Set(['causeway']));
});

test('a BYE that says it names more sources than it holds is counted as malformed', () => {
  const call = new RunningCall();

  call.alice.sendRaw(call.world.nowMs, Uint8Array.of(0x9f, 203, 0, 1, 0, 0, 0, 7));
  call.runFor(500);

  expect(call.harm).toEqual(UNHARMED);
  expect(call.drops('rtcp-malformed')).toBe(1);
});

test('a subscriber that asks for keyframes a hundred times a second reaches the publisher three times in ten seconds', () => {
  const call = new RunningCall();
  const { world, alice } = call;
  const mallory = world.connectPeer('mallory');
  world.subscribe(mallory, { sourceTrackId: 'camera', ssrc: 90 });
  call.runFor(1000);
  const requestsBefore = alice.rtcp.filter(({ type }) => type === 'pli').length;

  call.runFor(30_000, (nowMs) => {
    for (let count = 0; count < 3; count++) {
      mallory.sendRtcp(nowMs, (out, offset) => writePli(out, offset, { senderSsrc: 1, mediaSsrc: 90 }));
      const entries = Array.from({ length: 100 }, (_, commandSequence) => ({ ssrc: 90, commandSequence }));
      mallory.sendRtcp(nowMs, (out, offset) => writeFir(out, offset, { senderSsrc: 1, entries }));
    }
  });

  const requests = alice.rtcp.filter(({ type }) => type === 'pli').length - requestsBefore;
  expect(call.harm).toEqual(UNHARMED);
  expect(requests).toBeGreaterThanOrEqual(9);
  expect(requests).toBeLessThanOrEqual(3 + 9);
  expect(call.drops('keyframe-request-too-soon')).toBeGreaterThan(100_000);
});

test('a subscriber cannot ask for keyframes of a stream it does not receive', () => {
  const call = new RunningCall();
  const mallory = call.world.connectPeer('mallory');
  call.runFor(1000);
  const requestsBefore = call.alice.rtcp.filter(({ type }) => type === 'pli').length;

  call.runFor(3000, (nowMs) => {
    for (const mediaSsrc of [7, 70]) mallory.sendRtcp(nowMs, (out, offset) => writePli(out, offset, { senderSsrc: 70, mediaSsrc }));
  });

  expect(call.harm).toEqual(UNHARMED);
  expect(call.alice.rtcp.filter(({ type }) => type === 'pli')).toHaveLength(requestsBefore);
});

test('reports, estimates and feedback full of extremes and about packets never sent change nothing for anybody else', () => {
  const call = new RunningCall();
  const { world, alice } = call;
  const mallory = world.connectPeer('mallory');
  world.subscribe(mallory, { sourceTrackId: 'camera', ssrc: 90 });
  const extremes = { lastSenderReport: 0xffff_ffff, delaySinceLastSenderReport: 0xffff_ffff, jitterTicks: 0xffff_ffff, fractionLost: 255 };
  // 65,535 packets said to have been lost, one received.
  const feedback = Uint8Array.of(0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 90, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0, 0x20, 1, 0, 0);

  call.runFor(3000, (nowMs) => {
    mallory.sendRaw(nowMs, feedback);
    mallory.sendRtcp(nowMs, (out, offset) => writeRemb(out, offset, { senderSsrc: 1, bitrateBps: 0, ssrcs: [90] }));
    mallory.sendRtcp(nowMs, (out, offset) =>
      writeReceiverReport(out, offset, {
        senderSsrc: 1,
        reports: [{ ssrc: 90, cumulativeLost: 0x7f_ffff, extendedHighestSeq: 0xffff_ffff, ...extremes }],
      }),
    );
    for (const senderSsrc of [7, 70, 90]) {
      mallory.sendRtcp(nowMs, (out, offset) =>
        writeSenderReport(out, offset, {
          senderSsrc,
          ntpSeconds: 0xffff_ffff,
          ntpFraction: 0,
          rtpTimestamp: 0,
          packetCount: 0,
          octetCount: 0,
          reports: [],
        }),
      );
    }
  });

  const { transports } = world.engine.snapshot(world.nowMs);
  expect(call.harm).toEqual(UNHARMED);
  // It gets what it says that its path carries: the least there is.
  expect(mallory.received.filter(({ ssrc }) => ssrc === 90).length).toBeGreaterThan(50);
  expect(alice.rtcp.filter(({ type }) => type === 'remb')).toEqual(
    alice.rtcp.filter((packet) => packet.type === 'remb' && packet.bitrateBps === 8_000_000),
  );
  for (const { rttMs } of transports) expect(rttMs).toBeLessThanOrEqual(10_000);
});
