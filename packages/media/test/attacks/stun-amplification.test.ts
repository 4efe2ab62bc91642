import type { Stranger } from '@causeway/testkit';
import { parseStun, writeBindingRequest } from '@causeway/wire';
import { RunningCall, UNHARMED } from './running-call.ts';

function plainRequest(): Uint8Array {
  return writeBindingRequest({ transactionId: new Uint8Array(12).fill(3), fingerprint: false });
}

function answersTo(strangers: readonly Stranger[]): number {
  return strangers.reduce((sum, { received }) => sum + received.length, 0);
}

describe('plain STUN', () => {
  test.each([
    ['IPv4', '198.51.100.7', 1.6],
    ['IPv6', '2001:db8::7', 2.2],
  ])('over %s is answered with the asker’s address and nothing else', (_family, address, maxRatio) => {
    const call = new RunningCall();
    const stranger = call.world.addStranger(address);
    const request = plainRequest();

    stranger.send(call.world.nowMs, request);
    call.world.run(50);

    const [answer = new Uint8Array(0)] = stranger.received;
    expect(request).toHaveLength(20);
    expect(answer.length / request.length).toBeLessThanOrEqual(maxRatio);
    expect(parseStun(answer)).toMatchObject({ messageClass: 'success', xorMappedAddress: { address, port: stranger.path.remotePort } });
  });

  test('is answered fifty times a second to all addresses of one /24 together', () => {
    const call = new RunningCall();
    const strangers = Array.from({ length: 250 }, (_, host) => call.world.addStranger(`203.0.113.${host}`));
    const request = plainRequest();

    call.runFor(990, (nowMs) => {
      for (const stranger of strangers) stranger.send(nowMs, request);
    });

    // The second of the limit and that of the test need not begin together.
    expect(call.harm).toEqual(UNHARMED);
    expect(answersTo(strangers)).toBeGreaterThanOrEqual(50);
    expect(answersTo(strangers)).toBeLessThanOrEqual(100);
    expect(call.drops('stun-rate-limited')).toBeGreaterThan(7000);
  });

  test('is answered two thousand times a second to the whole world', () => {
    const call = new RunningCall();
    const strangers = Array.from({ length: 3000 }, (_, net) => call.world.addStranger(`10.${net >> 8}.${net & 0xff}.1`));
    const request = plainRequest();

    for (const stranger of strangers) stranger.send(call.world.nowMs, request);
    call.runFor(300);

    expect(call.harm).toEqual(UNHARMED);
    expect(answersTo(strangers)).toBe(2000);
  });

  test.each([
    ['without the magic cookie', (bytes: Uint8Array) => bytes.fill(0, 4, 8)],
    ['with a length that is not its own', (bytes: Uint8Array) => bytes.fill(4, 3, 4)],
    ['of another method', (bytes: Uint8Array) => bytes.fill(3, 1, 2)],
  ])('%s is not answered', (_what, damage) => {
    const call = new RunningCall();
    const stranger = call.world.addStranger();
    const request = plainRequest();
    damage(request);

    stranger.send(call.world.nowMs, request);
    call.world.run(50);

    expect(stranger.received).toEqual([]);
    expect(call.drops('malformed-stun')).toBe(1);
  });

  test('with an attribute that runs past its end is not answered', () => {
    const call = new RunningCall();
    const stranger = call.world.addStranger();
    const request = Uint8Array.from([...plainRequest(), 0x80, 0x22, 0, 9]);
    request[3] = 4;

    stranger.send(call.world.nowMs, request);
    call.world.run(50);

    expect(stranger.received).toEqual([]);
    expect(call.drops('malformed-stun')).toBe(1);
  });
});
