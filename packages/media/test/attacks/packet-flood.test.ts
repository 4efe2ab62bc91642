import { CLIENT_PACKET_RATES, LINK_PACKET_RATES, PacketBudget } from '../../src/inbound-limits.ts';
import { RunningCall, UNHARMED } from './running-call.ts';

describe('a peer with valid keys that sends 50,000 packets a second', () => {
  test('has most of them dropped before they are authenticated, and nobody else notices', () => {
    const call = new RunningCall();
    const mallory = call.world.connectPeer('mallory');
    const packet = new Uint8Array(1200).fill(0x55);
    packet.set([0x80, 96, 0, 1]);

    call.runFor(1000, (nowMs) => {
      for (let sent = 0; sent < 1650; sent++) mallory.sendRaw(nowMs, packet);
    });

    // 2,000 a second without a publication, and half a second's worth at once.
    const admitted = call.drops('unknown-ssrc');
    expect(call.harm).toEqual(UNHARMED);
    expect(admitted).toBeGreaterThan(2500);
    expect(admitted).toBeLessThan(3200);
    expect(call.drops('over-packet-budget')).toBeGreaterThan(45_000);
  });

  test('can be heard again as soon as it stops', () => {
    const call = new RunningCall();
    const { world } = call;
    const mallory = world.connectPeer('mallory');
    for (let sent = 0; sent < 5000; sent++) mallory.sendRaw(world.nowMs, Uint8Array.of(0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1));
    world.run(100);
    const dropped = call.drops('over-packet-budget');
    world.run(500);

    mallory.sendRtp(world.nowMs, { ssrc: 5, payloadType: 96, sequence: 1, timestamp: 1, payload: new Uint8Array(10) });
    world.run(50);

    expect(dropped).toBeGreaterThan(3000);
    expect(call.drops('over-packet-budget')).toBe(dropped);
  });
});

test('an RTCP compound takes the budget of four packets, since each may hold a hundred requests', () => {
  const call = new RunningCall();
  const mallory = call.world.connectPeer('mallory');
  const report = Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 7);
  call.world.run(600);

  for (let sent = 0; sent < 1000; sent++) mallory.sendRaw(call.world.nowMs, report);
  call.world.run(50);

  // Half a second's worth is saved up: 1,000 packets, which is 250 compounds.
  expect(call.drops('over-packet-budget')).toBe(750);
});

describe('the packet budget', () => {
  test('grows with what the peer publishes and subscribes to, up to a limit', () => {
    const admittedInASecond = (publications: number, subscriptions: number): number => {
      const budget = new PacketBudget(CLIENT_PACKET_RATES);
      budget.scaleTo(publications, subscriptions);
      for (let nowMs = 0; nowMs < 1000; nowMs++) while (budget.admit(nowMs, 1));
      let admitted = 0;
      for (let nowMs = 1000; nowMs < 2000; nowMs++) while (budget.admit(nowMs, 1)) admitted++;
      return admitted;
    };

    expect(admittedInASecond(0, 0)).toBe(2000);
    expect(admittedInASecond(2, 10)).toBe(6500);
    expect(admittedInASecond(1000, 1000)).toBe(20_000);
  });

  test('of a link grows with what it carries, without a limit', () => {
    const budget = new PacketBudget(LINK_PACKET_RATES);
    budget.scaleTo(200, 100);
    let admitted = 0;

    for (let nowMs = 0; nowMs < 1000; nowMs++) for (let packet = 0; packet < 600; packet++) if (budget.admit(nowMs, 1)) admitted++;

    expect(admitted).toBe(600_000);
  });

  test('counts an RTCP compound for more than a packet', () => {
    const budget = new PacketBudget(CLIENT_PACKET_RATES);
    let compounds = 0;
    while (budget.admit(0, 4)) compounds++;

    expect(compounds).toBe(250);
  });
});
