import { RunningCall, UNHARMED } from './running-call.ts';

describe('a peer that names a victim’s address as its own', () => {
  test('cannot have media sent there: three packets and three times its bytes are all the victim gets', () => {
    const call = new RunningCall();
    const victim = call.world.addStranger();
    call.runFor(500);
    const check = call.bob.writeCheck();

    victim.send(call.world.nowMs, check);
    call.runFor(1000);

    expect(call.harm).toEqual(UNHARMED);
    expect(victim.received.length).toBeLessThanOrEqual(3);
    expect(victim.receivedBytes).toBeLessThanOrEqual(3 * check.length);
    expect(call.world.selectedPaths).not.toContain(victim.path);
  });

  test('makes the SFU no amplifier by doing it often', () => {
    const call = new RunningCall();
    const victim = call.world.addStranger();
    let spoofedBytes = 0;

    call.runFor(2000, (nowMs) => {
      const check = call.bob.writeCheck();
      spoofedBytes += check.length;
      victim.send(nowMs, check);
    });

    expect(call.harm).toEqual(UNHARMED);
    expect(victim.receivedBytes).toBeGreaterThan(0);
    expect(victim.receivedBytes).toBeLessThanOrEqual(3 * spoofedBytes);
  });

  test('cannot answer in the victim’s place: it knows the password, but not the transaction id', () => {
    const call = new RunningCall();
    const { world, bob } = call;
    const victim = world.addStranger();
    victim.send(world.nowMs, bob.writeCheck());
    // What the question on a path of one's own was is no help.
    bob.answersChallenges = false;
    world.migrate(bob);
    bob.check(world.nowMs);
    world.run(50);
    const [asked = new Uint8Array(12)] = bob.challenges.slice(-1);

    victim.send(world.nowMs, bob.writeChallengeAnswer(asked));
    world.run(50);

    expect(bob.challenges).toHaveLength(2);
    expect(victim.received).toHaveLength(2);
    expect(call.drops('stun-unsolicited')).toBe(1);
    expect(world.selectedPaths).not.toContain(victim.path);
  });

  test('cannot answer for another peer: the password must be the one of who was asked', () => {
    const call = new RunningCall();
    const { world, bob } = call;
    const mallory = world.connectPeer('mallory');
    bob.answersChallenges = false;
    const moved = world.migrate(bob);
    bob.check(world.nowMs);
    world.run(50);
    const [asked = new Uint8Array(12)] = bob.challenges.slice(-1);

    world.linksOf(moved).up.send(world.nowMs, mallory.writeChallengeAnswer(asked));
    world.run(50);

    expect(call.drops('stun-unsolicited')).toBe(1);
    expect(world.selectedPaths).not.toContain(moved);
  });

  test('cannot take a path that another session uses', () => {
    const call = new RunningCall();
    const mallory = call.world.connectPeer('mallory');
    call.runFor(500);

    call.runFor(2000, (nowMs) => call.world.linksOf(call.bob.path).up.send(nowMs, mallory.writeCheck()));

    expect(call.harm).toEqual(UNHARMED);
    expect(call.bob.path.transport?.id).toBe('bob');
    expect(mallory.path.transport?.id).toBe('mallory');
  });
});

test('the answer to a session that has gone meanwhile takes no path away', () => {
  const call = new RunningCall();
  const { world, bob } = call;
  const mallory = world.connectPeer('mallory');
  const { up, down } = world.linksOf(bob.path);
  const toBob = down.deliver;
  down.deliver = (nowMs, datagram) => {
    mallory.handleDatagram(nowMs, datagram);
    toBob(nowMs, datagram);
  };
  mallory.answersChallenges = false;
  up.send(world.nowMs, mallory.writeCheck());
  world.run(50);
  const [asked = new Uint8Array(12)] = mallory.challenges.slice(-1);
  down.deliver = toBob;
  world.engine.handleCommand(world.nowMs, { type: 'close-transport', transportId: 'mallory' });

  up.send(world.nowMs, mallory.writeChallengeAnswer(asked));
  world.run(20);
  call.runFor(500);

  expect(mallory.challenges).toHaveLength(2);
  expect(call.harm).toEqual(UNHARMED);
  expect(bob.path.transport?.id).toBe('bob');
});

test('an address that another session had is taken over once the peer that is there now has shown so', () => {
  const call = new RunningCall();
  const { world } = call;
  const gone = world.connectPeer('gone');
  world.subscribe(gone, { sourceTrackId: 'camera', ssrc: 71 });
  call.runFor(500);
  const address = gone.path;
  const carol = world.addPeer('carol');
  world.handOver(address, carol);

  carol.check(world.nowMs);
  world.run(50);
  carol.handshake(world.nowMs);
  world.run(50);

  call.runFor(3000);
  expect(call.harm).toEqual(UNHARMED);
  expect(address.transport?.id).toBe('carol');
  expect(carol.isConnected).toBe(true);
  expect(gone.received.length).toBeGreaterThan(20);
});

test('an address that a stranger claimed before its owner came is the owner’s at once', () => {
  const call = new RunningCall();
  const { world } = call;
  const mallory = world.connectPeer('mallory');
  const carol = world.addPeer('carol');
  world.linksOf(carol.path).up.send(world.nowMs, mallory.writeCheck());
  world.run(50);

  carol.check(world.nowMs);
  world.run(50);
  carol.handshake(world.nowMs);
  world.run(50);

  expect(carol.path.transport?.id).toBe('carol');
  expect(carol.isConnected).toBe(true);
});

test('a peer that answers no questions is served on the path on which it finished the handshake', () => {
  const call = new RunningCall();
  const { world } = call;
  const carol = world.addPeer('carol');
  carol.answersChallenges = false;
  carol.check(world.nowMs);
  world.run(50);
  const wasSelectedBefore = world.selectedPaths.includes(carol.path);
  carol.handshake(world.nowMs);
  world.run(50);
  world.subscribe(carol, { sourceTrackId: 'camera', ssrc: 71 });

  call.runFor(500);

  expect(wasSelectedBefore).toBe(false);
  expect(world.selectedPaths).toContain(carol.path);
  expect(carol.received.length).toBeGreaterThan(20);
});

test('a moved subscriber is sent to its old address until the new one is proven, and a keyframe is not needed for that', () => {
  const call = new RunningCall();
  const { world, bob } = call;
  call.runFor(500);
  bob.answersChallenges = false;
  const oldPath = bob.path;
  const newPath = world.migrate(bob);
  bob.check(world.nowMs);
  call.runFor(200);
  const sentToOldPath = world.linksOf(oldPath).down.sent;
  bob.answersChallenges = true;
  bob.check(world.nowMs);
  world.run(100);

  call.runFor(300);

  expect(call.harm).toEqual(UNHARMED);
  expect(world.linksOf(oldPath).down.sent).toBe(sentToOldPath);
  expect(world.selectedPaths).toContain(newPath);
});

test('after an ICE restart the question is asked under the new credentials', () => {
  const call = new RunningCall();
  const { world, bob } = call;
  const local = { ufrag: 'eng2-bob', password: 'second-engine-password' };
  const remote = { ufrag: 'peer2-bob', password: 'second-peer-password' };
  world.engine.handleCommand(world.nowMs, { type: 'restart-ice', plan: { transportId: 'bob', local, remote } });
  bob.useCredentials(remote, local);
  const moved = world.migrate(bob);

  bob.check(world.nowMs);
  world.run(50);

  expect(world.selectedPaths).toContain(moved);
  expect(call.drops('stun-unsolicited')).toBe(0);
});
