import { type IceCredentials, Path, type TransportPlan } from '@causeway/media';
import { hmacSha1, plainHello, VideoSource, VirtualWorld } from '@causeway/testkit';
import { writeBindingRequest, writeBindingSuccess } from '@causeway/wire';

const OURS: IceCredentials = { ufrag: 'plain-ours', password: 'plain-password-of-ours' };
const THEIRS: IceCredentials = { ufrag: 'plain-theirs', password: 'plain-password-of-theirs' };
const PLAN: TransportPlan = {
  transportId: 'between-shards',
  local: OURS,
  remote: THEIRS,
  dtlsRole: 'server',
  remoteFingerprints: [],
  isLink: true,
  security: 'none',
};

function check(useCandidate = true): Uint8Array {
  return writeBindingRequest({
    transactionId: new Uint8Array(12).fill(1),
    username: `${OURS.ufrag}:${THEIRS.ufrag}`,
    useCandidate,
    integrity: { key: Buffer.from(OURS.password), hmacSha1 },
    fingerprint: true,
  });
}

function openPlain(): VirtualWorld {
  const world = new VirtualWorld();
  world.engine.handleCommand(world.nowMs, { type: 'open-transport', plan: PLAN });
  world.publish({ id: PLAN.transportId }, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  return world;
}

test.each(['before', 'after'] as const)(
  'nothing from a socket reaches a plain transport %s its path is bound, whatever it knows',
  (when) => {
    const world = openPlain();
    if (when === 'after') world.engine.bindPath(world.nowMs, PLAN.transportId, new Path('shard', 0));
    const stranger = world.addStranger();
    const alice = world.connectPeer('alice');
    const [packet] = new VideoSource({ ssrc: 7 }).nextFrame('key');

    stranger.send(world.nowMs, check());
    stranger.send(world.nowMs, plainHello());
    alice.sendRaw(world.nowMs, check());
    if (packet !== undefined) alice.sendRtp(world.nowMs, packet);
    stranger.send(world.nowMs, rtp());
    world.run(200);

    expect(stranger.received).toEqual([]);
    expect(stranger.path.transport).toBeUndefined();
    expect(alice.path.transport?.id).toBe('alice');
    expect(world.engine.drops()).toMatchObject({ 'stun-wrong-ufrag': 2, 'unknown-path': 1, 'dtls-from-unvalidated-path': 1 });
    expect(world.engine.plainTraffic.rtpPacketsReceived).toBe(0);
    expect(world.engine.census()).toMatchObject({ receiveStreams: 0, userFragments: 1 });
  },
);

test('an ICE restart gives a plain transport no user fragment', () => {
  const world = openPlain();
  const stranger = world.addStranger();

  world.engine.handleCommand(world.nowMs, { type: 'restart-ice', plan: { transportId: PLAN.transportId, local: OURS, remote: THEIRS } });
  stranger.send(world.nowMs, check());
  world.run(100);

  expect(stranger.received).toEqual([]);
  expect(world.engine.drops()['stun-wrong-ufrag']).toBe(1);
});

test('a plain transport has one path, the first that it was given, and others are given none', () => {
  const world = openPlain();
  world.addPeer('alice');
  const [first, second] = [new Path('shard', 0), new Path('shard', 1)];

  world.engine.bindPath(world.nowMs, PLAN.transportId, first);
  world.engine.bindPath(world.nowMs, PLAN.transportId, second);
  world.engine.bindPath(world.nowMs, 'alice', second);
  world.engine.bindPath(world.nowMs, 'nobody', second);

  expect(first.transport?.id).toBe(PLAN.transportId);
  expect(second.transport).toBeUndefined();
});

test('a plain transport sends no checks and answers none, and reaches nobody', () => {
  const world = new VirtualWorld();
  world.engine.handleCommand(world.nowMs, { type: 'open-transport', plan: { ...PLAN, reach: [{ address: '203.0.113.9', port: 1 }] } });
  const path = new Path('shard', 0);
  world.engine.bindPath(world.nowMs, PLAN.transportId, path);
  const sent = jest.spyOn(world.network, 'linksOf');
  const opened = jest.spyOn(world.network, 'openPath');

  const answer = writeBindingSuccess({ transactionId: new Uint8Array(12), address: '1.2.3.4', port: 5, fingerprint: true });
  for (const datagram of [check(), answer]) world.engine.handleDatagram(world.nowMs, path, datagram);
  world.run(60_000);

  expect(opened).not.toHaveBeenCalled();
  expect(sent).not.toHaveBeenCalled();
  expect(world.events.map(({ what }) => what)).toEqual(['connected']);
});

function rtp(): Uint8Array {
  const packet = new Uint8Array(200);
  packet.set([0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]);
  return packet;
}
