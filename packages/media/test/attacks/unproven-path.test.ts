import type { SecureEndpointListener } from '@causeway/media';
import type { ScriptedPeer, Stranger, VirtualWorld } from '@causeway/testkit';
import { RunningCall } from './running-call.ts';

const FLIGHT_BYTES = 60;

/** A peer that knows its own password, answers no question, and names a victim's address beside its own. */
class Claimant {
  readonly call = new RunningCall();
  readonly world: VirtualWorld = this.call.world;
  readonly mallory: ScriptedPeer;
  readonly victim: Stranger;
  readonly #secure: SecureEndpointListener;

  constructor() {
    const listeners: SecureEndpointListener[] = [];
    const { suite } = this.world;
    const createEndpoint = suite.createEndpoint.bind(suite);
    suite.createEndpoint = (options) => {
      listeners.push(options.listener);
      return createEndpoint(options);
    };
    this.mallory = this.world.addPeer('mallory');
    this.mallory.answersChallenges = false;
    this.victim = this.world.addStranger();
    this.#secure = listeners[0]!;
  }

  /** Nominates the peer's own address. */
  nominateOwnAddress(): void {
    this.mallory.check(this.world.nowMs);
    this.world.run(100);
  }

  /** Nominates the victim's address. @returns the bytes that came from there */
  nominateVictim(): number {
    const check = this.mallory.writeCheck();
    this.victim.send(this.world.nowMs, check);
    this.world.run(100);
    return check.length;
  }

  /** Has our half of the handshake go wherever it goes now. */
  sendFlight(): void {
    this.#secure.onDtlsOutput(new Uint8Array(FLIGHT_BYTES).fill(22));
    this.world.run(100);
  }

  finishHandshake(): void {
    this.#secure.onConnected('AES_CM_128_HMAC_SHA1_80');
    this.world.run(100);
  }
}

test('an address that nobody has proven gets three bytes of ours for each of its own, and not one more', () => {
  const claimant = new Claimant();
  const { call, victim } = claimant;
  const spoofedBytes = claimant.nominateVictim();

  for (let flights = 0; flights < 20; flights++) claimant.sendFlight();

  expect(victim.receivedBytes).toBeLessThanOrEqual(3 * spoofedBytes);
  expect(victim.receivedBytes).toBeGreaterThan(3 * spoofedBytes - FLIGHT_BYTES);
  expect(call.drops('beyond-path-allowance')).toBeGreaterThan(0);
});

test('each datagram of the handshake earns its address as much as a check does', () => {
  const claimant = new Claimant();
  const { mallory, world, victim } = claimant;
  const spoofedBytes = claimant.nominateVictim();
  for (let flights = 0; flights < 20; flights++) claimant.sendFlight();
  const before = victim.receivedBytes;

  victim.send(world.nowMs, new Uint8Array(100).fill(20, 0, 1));
  world.run(100);
  for (let flights = 0; flights < 20; flights++) claimant.sendFlight();

  expect(mallory.isConnected).toBe(false);
  expect(victim.receivedBytes).toBeGreaterThan(before);
  expect(victim.receivedBytes).toBeLessThanOrEqual(3 * (spoofedBytes + 100));
  expect(victim.receivedBytes).toBeGreaterThan(3 * (spoofedBytes + 100) - FLIGHT_BYTES);
});

describe('a peer that finishes the handshake', () => {
  test('has proven the address that our whole half of it went to', () => {
    const claimant = new Claimant();
    claimant.nominateOwnAddress();
    claimant.sendFlight();

    claimant.finishHandshake();

    expect(claimant.world.selectedPaths).toContain(claimant.mallory.path);
  });

  test('has not proven an address that it nominated after our half had gone elsewhere', () => {
    const claimant = new Claimant();
    claimant.nominateOwnAddress();
    claimant.sendFlight();
    claimant.nominateVictim();

    claimant.finishHandshake();

    expect(claimant.world.selectedPaths).not.toContain(claimant.victim.path);
  });

  test('has proven neither of two addresses that each got a part of it', () => {
    const claimant = new Claimant();
    claimant.nominateOwnAddress();
    claimant.sendFlight();
    claimant.nominateVictim();
    claimant.sendFlight();
    claimant.nominateOwnAddress();
    claimant.sendFlight();

    claimant.finishHandshake();

    expect(claimant.world.selectedPaths).not.toContain(claimant.victim.path);
    expect(claimant.world.selectedPaths).not.toContain(claimant.mallory.path);
  });

  test('has no media sent to a victim whose address it nominated in between', () => {
    const claimant = new Claimant();
    const { call, mallory, victim, world } = claimant;
    claimant.nominateOwnAddress();
    claimant.sendFlight();
    const spoofedBytes = claimant.nominateVictim();
    mallory.handshake(world.nowMs);
    world.run(50);
    world.subscribe(mallory, { sourceTrackId: 'camera', ssrc: 71 });

    call.runFor(1000);

    expect(mallory.received).toEqual([]);
    expect(victim.receivedBytes).toBeLessThanOrEqual(3 * spoofedBytes);
  });
});
