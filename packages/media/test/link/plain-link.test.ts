import { type Impairment, serialOf } from '@causeway/testkit';
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { eventsOf, LINK, LINK_SSRC, LinkedCall } from './linked-call.ts';

const AT_ONCE: Impairment = { delayMs: 0, jitterMs: 0, lossProbability: 0, duplicateProbability: 0 };

function plainCall(): LinkedCall {
  const call = new LinkedCall({ security: 'plain', link: AT_ONCE });
  call.relay();
  call.subscribeBob();
  return call;
}

test('a track crosses from one shard to another complete, without a handshake', () => {
  const call = plainCall();

  call.runFor(1000);
  call.a.run(100);

  expect(eventsOf(call.a, LINK)).toEqual(['connected']);
  expect(eventsOf(call.b, LINK)).toEqual(['connected']);
  expect(call.receiver.inOrder.map(({ payload }) => serialOf(payload))).toEqual(
    Array.from({ length: call.publisher.packetsSent }, (_, serial) => serial),
  );
});

test('what crosses is counted apart from what the network carries', () => {
  const call = plainCall();

  call.runFor(1000);
  call.a.run(100);

  const { packetsSent } = call.publisher;
  expect(call.a.engine.traffic).toMatchObject({ rtpPacketsReceived: packetsSent, rtpPacketsSent: 0, handshakesCompleted: 1 });
  expect(call.a.engine.plainTraffic).toMatchObject({ rtpPacketsReceived: 0, rtpPacketsSent: packetsSent });
  expect(call.b.engine.traffic).toMatchObject({ rtpPacketsReceived: 0, rtpPacketsSent: packetsSent, handshakesCompleted: 1 });
  expect(call.b.engine.plainTraffic).toMatchObject({ rtpPacketsReceived: packetsSent, rtpPacketsSent: 0 });
});

test('what crosses is neither numbered nor estimated, and never waits', () => {
  const call = new LinkedCall({ security: 'plain', link: AT_ONCE, payloadBytes: 1000 });
  call.announce('camera', [{ ssrc: LINK_SSRC, rtxSsrc: undefined }]);
  const lengths = new Set<number>();
  call.link.back.lose = (datagram) => {
    lengths.add(datagram.length);
    return false;
  };
  call.send({ sourceTrackId: 'camera', ssrc: LINK_SSRC, extensions: [{ id: 14, uri: TRANSPORT_WIDE_CC_URI }] });
  call.subscribeBob();
  call.runFor(3000);

  expect(call.receiver.packets.size).toBeGreaterThan(250);
  // The fixed header and the payload, or a report.
  expect(Math.max(...lengths)).toBe(12 + 1000);
  expect(call.a.engine.pathEstimates().peers).toBe(0);
  expect(call.a.engine.plainTraffic).toMatchObject({ packetsQueued: 0, probePacketsSent: 0, pathPacketsReceived: 0 });
});

test('keyframe requests and NACKs go back the same way', () => {
  const call = plainCall();
  call.runFor(1000);
  const requestsBefore = call.publisher.keyframeRequestsMs.length;
  let crossed = 0;
  // A ring that was full for a moment.
  call.link.back.lose = (datagram) => (datagram[0] ?? 0) === 0x80 && ++crossed % 20 === 0;

  const late = call.b.connectPeer('late');
  call.b.subscribe(late, { sourceTrackId: 'camera', ssrc: 90 });
  call.runFor(1000);
  call.link.back.lose = () => false;
  call.runFor(1000);

  expect(call.publisher.keyframeRequestsMs.length - requestsBefore).toBe(1);
  expect(late.received.length).toBeGreaterThan(150);
  expect(call.link.back.lost).toBeGreaterThan(3);
  expect(call.receiver.missing).toEqual([]);
});

test('an idle plain link sends next to nothing, and never falls silent', () => {
  const call = new LinkedCall({ security: 'plain', link: AT_ONCE });

  call.a.run(600_000);

  expect(call.link.there.sent + call.link.back.sent).toBe(0);
  expect(eventsOf(call.a, LINK)).toEqual(['connected']);
  expect(call.a.engine.answer('link-statistics')).toEqual([]);
});

test('closing a plain transport releases its path and leaves nothing behind', () => {
  const call = plainCall();
  call.runFor(500);

  for (const world of [call.a, call.b]) world.engine.handleCommand(world.nowMs, { type: 'close-transport', transportId: LINK });
  call.a.engine.handleCommand(call.a.nowMs, { type: 'close-transport', transportId: 'alice' });
  call.b.engine.handleCommand(call.b.nowMs, { type: 'close-transport', transportId: 'bob' });

  for (const world of [call.a, call.b]) {
    expect(world.releasedPaths.map(({ remoteAddress }) => remoteAddress)).toContain(world === call.a ? call.b.address : call.a.address);
    expect(new Set(Object.values(world.engine.census()))).toEqual(new Set([0]));
  }
});
