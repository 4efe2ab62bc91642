import { hmacSha1, type ScriptedPeer } from '@causeway/testkit';
import { type BindingRequestOptions, writeBindingError, writeBindingRequest, writeBindingSuccess } from '@causeway/wire';
import { RunningCall, UNHARMED } from './running-call.ts';

const ENGINE_UFRAG = 'eng-bob';
const ENGINE_PASSWORD = 'engine-password-of-bob';

/** A check that would nominate the address it comes from, were it right. */
function check(options: Partial<BindingRequestOptions>): Uint8Array {
  return writeBindingRequest({
    transactionId: new Uint8Array(12).fill(1),
    username: `${ENGINE_UFRAG}:peer-bob`,
    priority: 1,
    useCandidate: true,
    iceControlling: 1n,
    integrity: { key: Buffer.from(ENGINE_PASSWORD), hmacSha1 },
    fingerprint: true,
    ...options,
  });
}

/** The same check with a bit of its MESSAGE-INTEGRITY, or of what that covers, changed. */
function damaged(at: number): Uint8Array {
  const bytes = check({ fingerprint: false });
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return bytes;
}

const FORGERIES: readonly [string, () => Uint8Array, string][] = [
  ['without MESSAGE-INTEGRITY', () => check({ integrity: undefined }), 'stun-bad-integrity'],
  ['under another password', () => check({ integrity: { key: Buffer.from('guess'), hmacSha1 } }), 'stun-bad-integrity'],
  ['under an empty password', () => check({ integrity: { key: Buffer.alloc(0), hmacSha1 } }), 'stun-bad-integrity'],
  ['with the last bit of the code flipped', () => damaged(-1), 'stun-bad-integrity'],
  ['with the transaction id changed', () => damaged(8), 'stun-bad-integrity'],
  ['for a user fragment that is not ours', () => check({ username: 'nobody:peer-bob' }), 'stun-wrong-ufrag'],
  ['for both user fragments swapped', () => check({ username: `peer-bob:${ENGINE_UFRAG}` }), 'stun-wrong-ufrag'],
  ['without a colon in the user name', () => check({ username: ENGINE_UFRAG }), 'stun-wrong-ufrag'],
  ['for an empty user name', () => check({ username: '' }), 'stun-wrong-ufrag'],
  ['for __proto__', () => check({ username: '__proto__:x' }), 'stun-wrong-ufrag'],
];

function stateOf(call: RunningCall, bob: ScriptedPeer) {
  return { home: bob.path.transport?.id, selected: [...call.world.selectedPaths], released: [...call.world.releasedPaths] };
}

describe('W06: a connectivity check that proves nothing', () => {
  test.each(FORGERIES)('%s is answered with silence and changes nothing', (_what, forge, reason) => {
    const call = new RunningCall();
    const stranger = call.world.addStranger();
    const before = stateOf(call, call.bob);
    const forgery = forge();

    call.runFor(1000, (nowMs) => {
      for (let copy = 0; copy < 33; copy++) stranger.send(nowMs, forgery);
    });

    expect(call.harm).toEqual(UNHARMED);
    expect(stranger.received).toEqual([]);
    expect(stateOf(call, call.bob)).toEqual(before);
    expect(call.drops(reason)).toBeGreaterThanOrEqual(1000);
  });

  test('is not believed because it comes from the peer’s own address', () => {
    const call = new RunningCall();
    const { world, bob } = call;
    const { up, down } = world.linksOf(bob.path);
    const before = stateOf(call, bob);
    const answersBefore = bob.checksAnswered;

    for (const [, forge] of FORGERIES) up.send(world.nowMs, forge());
    world.run(50);

    expect(bob.checksAnswered).toBe(answersBefore);
    expect(down.lost).toBe(0);
    expect(stateOf(call, bob)).toEqual(before);
  });

  test('of a generation that an ICE restart has ended is as good as none', () => {
    const call = new RunningCall();
    const { world, bob } = call;
    const stranger = world.addStranger();
    const local = { ufrag: 'eng2-bob', password: 'second-engine-password' };
    const remote = { ufrag: 'peer2-bob', password: 'second-peer-password' };
    world.engine.handleCommand(world.nowMs, { type: 'restart-ice', plan: { transportId: 'bob', local, remote } });
    bob.useCredentials(remote, local);
    bob.check(world.nowMs);
    world.run(50);

    stranger.send(world.nowMs, check({}));
    world.run(50);

    expect(stranger.received).toEqual([]);
    expect(call.drops('stun-wrong-ufrag')).toBe(1);
  });
});

describe('STUN that nobody asked for', () => {
  const integrity = { key: Buffer.from(ENGINE_PASSWORD), hmacSha1 };
  const transactionId = new Uint8Array(12).fill(2);

  test.each([
    ['a success', () => writeBindingSuccess({ transactionId, address: '192.0.2.9', port: 9, integrity, fingerprint: true })],
    ['an error', () => writeBindingError({ transactionId, code: 401, integrity, fingerprint: true })],
  ])('%s is answered with silence', (_what, write) => {
    const call = new RunningCall();
    const stranger = call.world.addStranger();

    call.runFor(300, (nowMs) => stranger.send(nowMs, write()));

    expect(call.harm).toEqual(UNHARMED);
    expect(stranger.received).toEqual([]);
    expect(call.drops('stun-unsolicited')).toBeGreaterThan(5);
  });
});
