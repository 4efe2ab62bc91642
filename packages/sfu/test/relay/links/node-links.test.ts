import { VirtualMesh } from '@causeway/testkit/mesh';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import type { Clock } from '../../../src/clock.ts';
import type { ControlMessage } from '../../../src/relay/links/control-messages.ts';
import { nodeRecord } from '../doubles/node-records.ts';
import { LinkedNode, linked, twoNodes } from './linked-nodes.ts';

const QUESTION: ControlMessage = { type: 'unsubscribe', wantId: 7 };

/** @returns when the node sends pulses, by the wall clock; grows while it does */
function recordPulses({ shard }: LinkedNode, clock: VirtualClock): number[] {
  const atMs: number[] = [];
  const send = shard.send.bind(shard);
  shard.send = (command) => {
    if (command.type === 'send-data' && typeof command.data === 'string' && command.data.includes('"pulse"'))
      atMs.push(clock.wallClockMs());
    send(command);
  };
  return atMs;
}

describe('a link between two nodes', () => {
  it('is opened by the lower number towards the addresses of the other, which waits', async () => {
    const { one, two } = await linked();

    const [out] = [...one.shard.transports.values()];
    const [waiting] = [...two.shard.transports.values()];
    expect(out).toMatchObject({ dtlsRole: 'client', isLink: true, reach: [{ address: '127.0.0.1', port: 9002 }] });
    expect(waiting).toMatchObject({ dtlsRole: 'server', isLink: true, local: out?.remote, remote: out?.local });
    expect(waiting).not.toHaveProperty('reach');
    expect([out?.remoteFingerprints, waiting?.remoteFingerprints]).toEqual([[nodeRecord(2).fingerprint], [nodeRecord(1).fingerprint]]);
  });

  it('is up at both ends once both have greeted, within four round trips and a half', async () => {
    const { one, two } = await linked();

    expect([one.told, two.told]).toEqual([['up 2'], ['up 1']]);
    expect(one.state(2)).toMatchObject({ type: 'up', version: 4, sinceMs: expect.any(Number) });
    const { sinceMs } = one.state(2) as { readonly sinceMs: number };
    expect(sinceMs).toBeLessThanOrEqual(4.5 * 40);
  });

  it('carries messages in both directions, and says when it cannot', async () => {
    const { clock, one, two } = await linked();

    const sent = [one.links.find(2)?.send(QUESTION), two.links.find(1)?.send(QUESTION)];
    await clock.advance(100);

    expect(sent).toEqual([true, true]);
    expect([one.told.at(-1), two.told.at(-1)]).toEqual(['unsubscribe from 2', 'unsubscribe from 1']);
    one.links.close();
    expect(one.links.find(2)).toBeUndefined();
  });

  it('does not send what the other end would refuse, and stays up', async () => {
    const { clock, one, two } = await linked();

    const sent = one.links.find(2)?.send({ type: 'unsubscribe', wantId: -1 });
    await clock.advance(1000);

    expect(sent).toBe(false);
    expect([one.told, two.told]).toEqual([['up 2'], ['up 1']]);
  });

  it('stays up for as long as pulses come', async () => {
    const { clock, one, two } = await linked();

    await clock.advance(120_000);

    expect([one.told, two.told]).toEqual([['up 2'], ['up 1']]);
  });

  it('gets the pulses of both ends at the same time of the wall clock, whenever they have begun', async () => {
    const { clock, one, two } = twoNodes();
    const pulsedAtMs = [recordPulses(one, clock), recordPulses(two, clock)];
    one.links.open();
    await clock.advance(370);
    two.links.open();

    await clock.advance(10_000);

    for (const times of pulsedAtMs) {
      expect(times.length).toBeGreaterThanOrEqual(8);
      for (const [place, atMs] of times.entries()) expect(atMs).toBe((times[0] ?? 0) + place * 1000);
      expect((times[0] ?? 0) % 1000).toBe(0);
    }
  });

  it('gets a pulse every second from a node with many links, which sends them in groups', async () => {
    const clock = new VirtualClock();
    const mesh = new VirtualMesh(clock);
    const others = Array.from({ length: 50 }, (_, place) => nodeRecord(place + 2));
    const centre = new LinkedNode(mesh, clock, nodeRecord(1), others);
    const leaves = others.map((record) => new LinkedNode(mesh, clock, record, [nodeRecord(1)]));
    const pulsedAtMs = recordPulses(centre, clock);
    for (const { links } of [centre, ...leaves]) links.open();
    await clock.advance(3000);
    pulsedAtMs.length = 0;

    await clock.advance(10_000);

    const sizes = [...new Set(pulsedAtMs)].map((atMs) => pulsedAtMs.filter((other) => other === atMs).length);
    expect(pulsedAtMs.length).toBe(50 * 10);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(24);
  });

  it('survives a short silence as it was, with what was said meanwhile', async () => {
    const { clock, mesh, one, two } = await linked();
    mesh.cut(1, 2);
    await clock.advance(1500);
    one.links.find(2)?.send(QUESTION);

    await clock.advance(2500);
    mesh.heal(1, 2);
    await clock.advance(1000);

    expect(one.told).toEqual(['up 2', 'silent 2', 'heard 2']);
    expect(two.told).toEqual(['up 1', 'silent 1', 'heard 1', 'unsubscribe from 1']);
  });

  it('is given up after a long silence, and comes back as a new one', async () => {
    const { clock, mesh, one, two } = await linked();

    mesh.cut(1, 2);
    await clock.advance(60_000);
    const during = [...one.told];
    mesh.heal(1, 2);
    await clock.advance(6000);

    expect(during).toEqual(['up 2', 'silent 2', 'down 2 silent']);
    expect(one.told).toEqual([...during, 'up 2']);
    expect(two.told).toEqual(['up 1', 'silent 1', 'down 1 silent', 'up 1']);
    expect([one.shard.transports.size, two.shard.transports.size]).toEqual([1, 1]);
  });

  it('is opened again, by both, when one end has closed its transport', async () => {
    const { clock, one, two } = await linked();
    const [transportId = ''] = two.shard.transports.keys();

    two.shard.send({ type: 'close-transport', transportId });
    two.shard.listener({ type: 'transport-closed', transportId, reason: 'connection_lost' });
    await clock.advance(5000);

    expect(one.told).toEqual(['up 2', 'down 2 transport-closed', 'up 2']);
    expect(two.told).toEqual(['up 1', 'down 1 transport-closed', 'up 1']);
  });

  it('is opened again as soon as the other node reports that its end was lost silently', async () => {
    const { clock, mesh, one, two } = await linked();
    const [transportId = ''] = two.shard.transports.keys();
    mesh.forget(two.shard, transportId);

    two.shard.lose(transportId, 'internal_error');
    one.directory.put(two.directory.self);
    await clock.advance(2000);

    expect(two.directory.self.linkLosses).toBe(1);
    expect(one.told).toEqual(['up 2', 'down 2 lost-by-peer', 'up 2']);
    expect(two.told).toEqual(['up 1', 'down 1 transport-closed', 'up 1']);
  });

  it('does not seem silent to a process that was suspended itself', async () => {
    const clock = new VirtualClock();
    const mesh = new VirtualMesh(clock);
    let stoodStillMs = 0;
    const late: Clock = {
      nowMs: () => clock.nowMs() + stoodStillMs,
      wallClockMs: () => clock.wallClockMs(),
      schedule: (delayMs, callback) => clock.schedule(delayMs, callback),
      armedTimers: 0,
    };
    const one = new LinkedNode(mesh, late, nodeRecord(1), [nodeRecord(2)]);
    const two = new LinkedNode(mesh, clock, nodeRecord(2), [nodeRecord(1)]);
    one.links.open();
    two.links.open();
    await clock.advance(1500);

    stoodStillMs = 20_000;
    await clock.advance(10_000);

    expect([one.told, two.told]).toEqual([['up 2'], ['up 1']]);
  });

  it('is given up if the other end says nothing, though it answers checks', async () => {
    const { clock, one, two } = await linked();

    // As after a goodbye that was lost: the other end has begun again and knows nothing of this link.
    const send = two.shard.send.bind(two.shard);
    two.shard.send = (command) => (command.type === 'send-data' ? undefined : send(command));
    await clock.advance(8000);

    expect(one.told.slice(0, 2)).toEqual(['up 2', 'down 2 silent']);
  });

  it('never uses an SSRC or a mid twice on one transport, nor the same SSRC in both directions', async () => {
    const { one, two } = await linked();
    const [there, back] = [one.links.find(2), two.links.find(1)];

    const ssrcs = Array.from({ length: 50 }, () => [there?.nextSsrc(), back?.nextSsrc()]).flat();
    const mids = Array.from({ length: 50 }, () => there?.nextMid());

    expect(new Set(ssrcs).size).toBe(100);
    expect(new Set(mids).size).toBe(50);
    expect(ssrcs.every((ssrc) => ssrc !== undefined && ssrc > 0)).toBe(true);
  });

  it('is opened again, by both, before it has no SSRCs left', async () => {
    const { clock, one, two } = await linked();
    const link = one.links.find(2);
    let last = 0;
    while (last < 2 ** 27 - 2 ** 20) last = link?.nextSsrc() ?? Number.NaN;

    await clock.advance(5000);

    expect(one.told).toEqual(['up 2', 'down 2 numbers-used-up', 'up 2']);
    expect(two.told.at(-1)).toBe('up 1');
    expect(link?.nextSsrc()).toBe(2);
  });

  it('tries less and less often while the other node does not answer, without end', async () => {
    const { clock, one } = twoNodes();
    one.links.open();

    await clock.advance(300_000);

    const attempts = one.shard.log.filter((line) => line.startsWith('open-transport')).length;
    expect(attempts).toBeGreaterThan(15);
    expect(attempts).toBeLessThan(30);
    expect(one.told).toEqual([]);
    expect(one.shard.transports.size).toBeLessThanOrEqual(1);
  });
});
