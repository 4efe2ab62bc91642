import { OPUS, SIMULCAST_EXTENSIONS, SimulcastPeer, VideoSource, VirtualWorld } from '@causeway/testkit';

const MID = { id: 4, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' };

function simulcastCall(preferredRid?: string) {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', extensions: SIMULCAST_EXTENSIONS, rids: ['q', 'h', 'f'] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, preferredRid });
  world.keepAlive(bob, 30_000);
  return { world, alice, bob, simulcast: new SimulcastPeer(world, alice) };
}

function layerAtEnd(received: readonly { readonly payload: Uint8Array }[]): number {
  return received.at(-1)?.payload.length ?? 0;
}

test('the layer with the highest bitrate is forwarded once it has arrived, and all layers are received', () => {
  const { world, bob, simulcast } = simulcastCall();

  simulcast.publishFor(4000);

  const layers = world.engine
    .snapshot(world.nowMs)
    .transports.flatMap(({ publisherTracks }) => publisherTracks.flatMap((track) => track.layers));
  expect(layers.map(({ rid }) => rid).sort()).toEqual(['f', 'h', 'q']);
  expect(layers.every(({ isArriving }) => isArriving)).toBe(true);
  expect(layerAtEnd(bob.received)).toBe(1000);
});

test('when the best layer stops the next best takes over, without a gap in the sequence, and it comes back', () => {
  const { bob, simulcast } = simulcastCall();
  simulcast.publishFor(4000);
  simulcast.active = ['q', 'h'];
  simulcast.publishFor(5000);
  const withoutTop = layerAtEnd(bob.received);
  simulcast.active = ['q', 'h', 'f'];

  simulcast.publishFor(5000);

  const sequences = bob.received.map(({ sequence }) => sequence);
  const first = sequences[0] ?? 0;
  expect(withoutTop).toBe(300);
  expect(layerAtEnd(bob.received)).toBe(1000);
  expect(sequences).toEqual(sequences.map((_, index) => (first + index) & 0xffff));
});

test('a subscriber that prefers a layer gets that one', () => {
  const { bob, simulcast } = simulcastCall('h');

  simulcast.publishFor(4000);

  expect(layerAtEnd(bob.received)).toBe(300);
});

test('picture ids and timestamps only ever advance across layer switches', () => {
  const { bob, simulcast } = simulcastCall();
  simulcast.publishFor(3000);
  simulcast.active = ['q', 'h'];

  simulcast.publishFor(4000);

  const frames = bob.received.filter(({ payload }) => ((payload[0] ?? 0) & 0x10) !== 0);
  const pictureIds = frames.map(({ payload }) => (((payload[2] ?? 0) & 0x7f) << 8) | (payload[3] ?? 0));
  const idSteps = pictureIds.slice(1).map((id, index) => (id - (pictureIds[index] ?? 0)) & 0x7fff);
  const tickSteps = frames.slice(1).map(({ timestamp }, index) => (timestamp - (frames[index]?.timestamp ?? 0)) >>> 0);
  expect(new Set(bob.received.map(({ payload }) => payload.length))).toEqual(
    new Set([100, 300, 1000].filter((size) => bob.received.some(({ payload }) => payload.length === size))),
  );
  expect(idSteps.every((step) => step === 1)).toBe(true);
  expect(Math.min(...tickSteps)).toBeGreaterThan(0);
  expect(Math.max(...tickSteps)).toBeLessThan(90_000 * 2);
});

test('audio is forwarded from its first packet, with its level, under the receiver’s own ids', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  const level = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
  world.publish(alice, {
    trackId: 'mic',
    mid: '1',
    kind: 'audio',
    codecs: [OPUS],
    extensions: [{ id: 3, uri: level }],
    ssrcs: [{ ssrc: 9, rtxSsrc: undefined }],
  });
  world.subscribe(bob, {
    sourceTrackId: 'mic',
    ssrc: 90,
    mid: '5',
    kind: 'audio',
    codecs: [{ ...OPUS, payloadType: 63 }],
    extensions: [{ id: 1, uri: level }, MID],
  });

  for (let packet = 0; packet < 10; packet++) {
    alice.sendRtp(world.nowMs, {
      ssrc: 9,
      payloadType: 111,
      sequence: packet,
      timestamp: packet * 960,
      payload: Uint8Array.of(1, 2, 3),
      extensions: new Map([[3, Uint8Array.of(0x80 | packet)]]),
    });
    world.run(20);
  }

  expect(bob.received.map(({ payloadType }) => payloadType)).toEqual(Array(10).fill(63));
  expect(bob.received.map(({ extensions }) => extensions.get(1)?.[0])).toEqual(Array.from({ length: 10 }, (_, packet) => 0x80 | packet));
  expect(bob.received.every(({ extensions }) => extensions.get(MID.id)?.[0] === '5'.charCodeAt(0))).toBe(true);
  expect(bob.received.every(({ extensions }) => !extensions.has(3))).toBe(true);
});

test('extension ids above 14 are written in the two-byte form', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'mic', kind: 'audio', codecs: [OPUS], ssrcs: [{ ssrc: 9, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'mic', ssrc: 90, mid: 's0', kind: 'audio', codecs: [OPUS], extensions: [{ ...MID, id: 16 }] });

  alice.sendRtp(world.nowMs, { ssrc: 9, payloadType: 111, sequence: 1, timestamp: 0, payload: Uint8Array.of(1, 2, 3) });
  world.run(50);

  expect(bob.received.map(({ extensions }) => String.fromCharCode(...(extensions.get(16) ?? [])))).toEqual(['s0']);
  expect(bob.received[0]?.payload).toEqual(Uint8Array.of(1, 2, 3));
});

test('of the layers that arrive the engine tells at once, and of a better order when it is clear', () => {
  const { world, simulcast } = simulcastCall();

  simulcast.publishFor(3000);
  const atFirst = world.layers.map(({ rids }) => rids);
  simulcast.active = ['q', 'h'];
  simulcast.publishFor(3000);
  const withoutTop = world.layers.at(-1)?.rids;
  simulcast.active = [];
  simulcast.publishFor(3000);
  const muted = world.layers.at(-1)?.rids;
  simulcast.active = ['q', 'h', 'f'];
  simulcast.publishFor(3000);

  expect(atFirst[0]).toEqual(['q']);
  expect(atFirst.at(-1)).toEqual(['f', 'h', 'q']);
  expect(atFirst.length).toBeLessThan(6);
  expect(withoutTop).toEqual(['h', 'q']);
  expect(muted).toEqual([]);
  expect(world.layers.at(-1)?.rids).toEqual(['f', 'h', 'q']);
  expect(world.layers.length).toBeLessThan(10);
  expect(new Set(world.layers.map(({ trackId }) => trackId))).toEqual(new Set(['camera']));
});

test('a publication without simulcast has no layers to tell of', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });

  for (const packet of new VideoSource({ ssrc: 7 }).nextFrame('key')) alice.sendRtp(world.nowMs, packet);
  world.run(3000);

  expect(world.engine.census().receiveStreams).toBe(1);
  expect(world.layers).toEqual([]);
});
