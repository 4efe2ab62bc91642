import { PublishingPeer, ReceivingPeer, VideoSource, VirtualWorld } from '@causeway/testkit';

const PAYLOAD_BYTES = 200;
const PACKET_BYTES = 12 + PAYLOAD_BYTES;

/** Alice's camera, seen by Bob. */
function call() {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7, payloadBytes: PAYLOAD_BYTES }));
  return { world, publisher, receiver: new ReceivingPeer(world, bob, { ssrc: 70 }) };
}

test('the census counts what a call of two holds', () => {
  const { world, publisher } = call();

  publisher.publishFor(330);

  expect(world.engine.census()).toEqual({
    transports: 2,
    userFragments: 2,
    paths: 2,
    publisherTracks: 1,
    receiveStreams: 1,
    subscriberTracks: 1,
    timers: expect.any(Number),
    historyPackets: publisher.packetsSent,
    historyBytes: publisher.packetsSent * PACKET_BYTES,
    historySlabs: 1,
    outboxEntries: 0,
    linkChecks: 0,
    associations: 0,
    dataChannels: 0,
    dataPublications: 0,
    dataSubscriptions: 0,
  });
});

test('after the last transport has closed, every count of the census is zero', () => {
  const { world, publisher } = call();
  publisher.publishFor(330);

  world.engine.handleCommand(world.nowMs, { type: 'close-transport', transportId: 'alice' });
  world.engine.handleCommand(world.nowMs, { type: 'close-transport', transportId: 'bob' });

  expect(new Set(Object.values(world.engine.census()))).toEqual(new Set([0]));
});

test('closing the engine closes every transport, and tells its peer', () => {
  const { world, publisher, receiver } = call();
  publisher.publishFor(330);

  world.engine.close(world.nowMs);
  world.run(100);

  expect(new Set(Object.values(world.engine.census()))).toEqual(new Set([0]));
  expect([publisher.peer.hasSaidGoodbye, receiver.peer.hasSaidGoodbye]).toEqual([true, true]);
});

test('traffic counts each packet once on its way in and once for each subscriber', () => {
  const { world, publisher, receiver } = call();

  publisher.publishFor(330);

  expect(world.engine.traffic).toEqual({
    rtpPacketsReceived: publisher.packetsSent,
    rtpBytesReceived: publisher.packetsSent * PACKET_BYTES,
    rtpPacketsSent: receiver.packets.size,
    rtpBytesSent: receiver.packets.size * PACKET_BYTES,
    packetsQueued: 0,
    probePacketsSent: 0,
    probeBytesSent: 0,
    pathPacketsReceived: 0,
    pathPacketsLost: 0,
    handshakesCompleted: 2,
  });
});

test('traffic leaves out RTP that cannot be authenticated', () => {
  const world = new VirtualWorld();
  const early = world.addPeer('early');
  early.check(world.nowMs);
  world.run(100);

  early.sendRtp(world.nowMs, new VideoSource({ ssrc: 7 }).nextFrame('key')[0]!);
  world.run(100);

  expect(world.engine.traffic).toMatchObject({ rtpPacketsReceived: 0, rtpBytesReceived: 0 });
  expect(world.engine.drops()['rtp-before-keys']).toBe(1);
});

test('an engine short of memory forgets the packets that it keeps, and goes on forwarding', () => {
  const { world, publisher, receiver } = call();
  publisher.publishFor(330);

  world.engine.handleCommand(0, { type: 'forget-histories' });
  const forgotten = world.engine.census();
  publisher.publishFor(330);

  expect(forgotten).toMatchObject({ historyPackets: 0, historyBytes: 0, receiveStreams: 1 });
  expect(receiver.packets.size).toBe(publisher.packetsSent);
  expect(receiver.missing).toEqual([]);
});
