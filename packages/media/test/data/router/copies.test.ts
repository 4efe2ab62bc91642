/** Copies of publications at the other end of a link between nodes. */
import { Bottleneck, CLEAN_LINK, seededRandom } from '@causeway/testkit';
import { subscriptionPlan, UNRELIABLE } from './data-room.ts';
import { CONTROL_STREAM, LinkedEngines } from './linked-engines.ts';

const KILOBYTE = 1024;

/** A message as a node that goes wrong might number it. */
function forged(serial: number, text: string, origin = 0): Uint8Array {
  const data = Buffer.alloc(12 + text.length);
  data.writeUIntBE(serial, 0, 6);
  data.writeUIntBE(origin, 6, 6);
  data.write(text, 12);
  return data;
}

/** What a copy is told first: after which number its messages begin, and how many it catches up with. */
function forgedStart(afterSerial: number, lastSerial = afterSerial, messages = 0): Uint8Array {
  const data = Buffer.alloc(24);
  data.writeUIntBE(afterSerial, 0, 6);
  data.writeUIntBE(2 ** 48 - 1, 6, 6);
  data.writeUIntBE(lastSerial, 12, 6);
  data.writeUIntBE(messages, 18, 6);
  return data;
}

describe('a copy', () => {
  test('brings text, bytes, nothing, and the longest message, as they were', () => {
    const engines = new LinkedEngines();
    engines.publish('chat');
    const subscriber = engines.hear(engines.copy('chat'));
    const longest = new Uint8Array(256 * KILOBYTE).map((_, index) => index);
    const messages = ['text', '', Uint8Array.of(0, 255), new Uint8Array(0), longest];

    for (const message of messages) engines.say('chat', message);
    engines.run(2000);

    expect(engines.heard(subscriber).map((data) => (typeof data === 'string' ? data : Buffer.from(data)))).toEqual(
      messages.map((data) => (typeof data === 'string' ? data : Buffer.from(data))),
    );
  });

  test('keeps reliable messages in order though their channel does not, so that nothing is missed unnoticed', () => {
    const engines = new LinkedEngines({ ...CLEAN_LINK, jitterMs: 30, lossProbability: 0.05 });
    const reliability = { ordered: false, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
    engines.publish('chat', { reliability });
    const subscriber = engines.hear(engines.copy('chat', { reliability }));

    for (let message = 0; message < 200; message++) engines.near.after(10 * message, () => engines.say('chat', String(message)));
    engines.run(8000);

    expect(engines.heard(subscriber)).toEqual(Array.from({ length: 200 }, (_, message) => String(message)));
  });

  test('of an unreliable channel begins with what is retained, however much the link loses', () => {
    const engines = new LinkedEngines({ ...CLEAN_LINK, lossProbability: 0.5 });
    engines.publish('pointer', { reliability: UNRELIABLE, retain: 3 });
    for (const message of ['1', '2', '3', '4']) engines.say('pointer', message);

    const subscriber = engines.hear(engines.copy('pointer', { reliability: UNRELIABLE, retain: 3 }));
    engines.run(20_000);

    expect(engines.heard(subscriber)).toEqual(['2', '3', '4']);
  });

  test('takes over from another without a gap or a repetition, whichever of the two is ahead', () => {
    const engines = new LinkedEngines();
    engines.publish('chat', { retain: 1 });
    const first = engines.copy('chat', { retain: 1 });
    const subscriber = engines.hear(first);
    for (let message = 1; message <= 100; message++) engines.near.after(20 * message, () => engines.say('chat', String(message)));
    engines.run(500);

    const second = engines.copy('chat', { feedsCopy: 'resumed', retain: 1 });
    engines.run(200);
    engines.hear(second, { subscriptionId: subscriber });
    engines.endFeed(first);
    engines.run(300);
    engines.endFeed(second);
    engines.run(300);
    const third = engines.copy('chat', { feedsCopy: 'resumed', retain: 1 });
    engines.hear(third, { subscriptionId: subscriber });
    const late = engines.hear(third, { subscriptionId: 'late' });
    engines.run(2000);

    expect(engines.heard(subscriber)).toEqual(Array.from({ length: 100 }, (_, index) => String(index + 1)));
    // One who comes while the copy catches up gets what is retained, not what others have missed.
    const fromLate = engines.heard(late).map(Number);
    expect(fromLate[0]).toBeGreaterThan(60);
    expect(fromLate).toEqual(Array.from({ length: fromLate.length }, (_, index) => 101 - fromLate.length + index));
  });

  test('ends a subscription that it cannot bring everything, and says why', () => {
    const engines = new LinkedEngines();
    engines.publish('chat');
    const first = engines.copy('chat');
    const subscriber = engines.hear(first);
    engines.run(100);
    engines.say('chat', 'one');
    engines.run(100);
    engines.endFeed(first);
    engines.say('chat', 'two');
    // Longer than a node keeps messages for others.
    engines.run(20_000);
    engines.say('chat', 'three');

    const second = engines.copy('chat', { feedsCopy: 'resumed' });
    engines.hear(second, { subscriptionId: subscriber });
    engines.run(500);

    expect(engines.heard(subscriber)).toEqual(['one']);
    expect(engines.ends(subscriber)).toEqual(['messages_lost']);
  });
});

describe('a link', () => {
  test('brings what nodes say to each other within 100 ms, beside 1,200 channels that send 48 Mbit/s in bursts', () => {
    const delayMs = 20;
    const engines = new LinkedEngines({ ...CLEAN_LINK, delayMs });
    const names = Array.from({ length: 1200 }, (_, index) => `channel-${index}`);
    for (const name of names) {
      engines.publish(name);
      engines.copy(name);
    }
    engines.run(500);

    const message = new Uint8Array(1_000);
    const sentAtMs: number[] = [];
    // 1.2 MB every 200 ms, all of it at once, and a pulse behind it.
    for (let burst = 0; burst < 10; burst++) {
      engines.near.after(200 * burst, (nowMs) => {
        for (const name of names) engines.say(name, message);
        sentAtMs.push(nowMs);
        engines.tell(engines.near, { type: 'send-data', transportId: 'link', streamId: CONTROL_STREAM, data: String(burst) });
      });
    }
    const arrivedAtMs: number[] = [];
    engines.far.whenTold = (event) => {
      if (event.type === 'data-channel-message') arrivedAtMs.push(engines.time.nowMs);
    };
    engines.run(4000);

    const lateMs = arrivedAtMs.map((atMs, pulse) => atMs - (sentAtMs[pulse] ?? 0) - delayMs);
    const { publications } = engines.far.engine.answer('data-statistics');
    expect(lateMs).toHaveLength(10);
    expect(Math.max(...lateMs)).toBeLessThan(100);
    expect(publications.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0)).toBe(10 * names.length * message.length);
  }, 120_000);

  test('brings the longest messages of forty channels at once, though the receiver has no room for parts of all of them', () => {
    const engines = new LinkedEngines({ ...CLEAN_LINK, lossProbability: 0.001 });
    const names = Array.from({ length: 40 }, (_, index) => `channel-${index}`);
    for (const name of names) {
      engines.publish(name);
      engines.copy(name);
    }
    engines.run(500);

    for (const name of names) engines.say(name, new Uint8Array(256 * KILOBYTE));
    engines.run(8000);

    const { publications } = engines.far.engine.answer('data-statistics');
    expect(publications.map(({ messagesReceived }) => messagesReceived)).toEqual(names.map(() => 1));
    expect(engines.far.engine.dataCounters.overflow).toBe(0);
  }, 60_000);

  test('that is too narrow ends the channels that overfill it, within bounds, and no other misses anything', () => {
    const engines = new LinkedEngines();
    engines.link.there.bottleneck = new Bottleneck(seededRandom(1), { rateBps: 4_000_000, queueMs: 50 });
    const greedy = Array.from({ length: 8 }, (_, index) => `greedy-${index}`);
    for (const name of [...greedy, 'modest']) engines.publish(name);
    for (const name of greedy) engines.copy(name);
    const subscriber = engines.hear(engines.copy('modest'));
    engines.run(500);

    let mostBytes = 0;
    for (let step = 0; step < 400; step++) {
      engines.near.after(10 * step, () => {
        for (const name of greedy) engines.say(name, new Uint8Array(16 * KILOBYTE));
        if (step % 10 === 0) engines.say('modest', String(step));
        const { subscriptions } = engines.near.engine.answer('data-statistics');
        mostBytes = Math.max(
          mostBytes,
          subscriptions.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0),
        );
      });
    }
    engines.run(20_000);

    const ended = engines.near.dataEvents.flatMap((event) => (event.type === 'data-subscription-closed' ? [event.reason] : []));
    expect(engines.heard(subscriber)).toEqual(Array.from({ length: 40 }, (_, index) => String(index * 10)));
    expect(new Set(ended)).toEqual(new Set(['overflow']));
    expect(ended.length).toBeGreaterThan(4);
    expect(mostBytes).toBeLessThanOrEqual(26 << 20);
  }, 60_000);

  test('is not held up by a page behind it that does not read: that page alone loses its subscription', () => {
    const engines = new LinkedEngines();
    engines.publish('chat');
    const copyId = engines.copy('chat');
    const [slow, quick] = [engines.page('slow'), engines.page('quick')];
    for (const page of [slow, quick]) {
      const plan = { ...subscriptionPlan(page.peer.id, copyId), label: 'chat' };
      engines.tell(engines.far, { type: 'put-data-subscription', plan });
    }
    engines.run(500);
    slow.isReading = false;

    for (let message = 0; message < 150; message++)
      engines.near.after(20 * message, () => engines.say('chat', new Uint8Array(16 * KILOBYTE)));
    engines.run(5000);

    const ended = engines.far.dataEvents.flatMap((event) =>
      event.type === 'data-subscription-closed' ? [[event.subscriptionId, event.reason]] : [],
    );
    expect(ended).toEqual([[`slow/${copyId}`, 'overflow']]);
    expect(quick.messages).toHaveLength(150);
    expect(engines.near.dataEvents).toEqual([expect.objectContaining({ type: 'data-subscription-opened' })]);
  }, 60_000);
});

describe('a node that goes wrong', () => {
  /** What the near end sends is what it says, without numbers of the engine's own. */
  function lying(): { engines: LinkedEngines; subscriber: string; bystander: string } {
    const engines = new LinkedEngines();
    for (const name of ['evil', 'good']) engines.publish(name);
    const evil = engines.copy('evil', { feed: 'unnumbered' });
    return { engines, subscriber: engines.hear(evil), bystander: engines.hear(engines.copy('good')) };
  }

  test.each([
    ['repeats messages', [forgedStart(0), forged(1, 'one'), forged(2, 'two'), forged(1, 'one'), forged(2, 'two'), forged(3, 'three')], 2],
    [
      'sends messages without numbers',
      [forgedStart(0), Buffer.from('short'), forged(1, 'one'), Buffer.from(''), forged(2, 'two'), forged(3, 'three')],
      2,
    ],
    ['begins twice', [forgedStart(0), forged(1, 'one'), forgedStart(0), forged(2, 'two'), forgedStart(7), forged(3, 'three')], 2],
    [
      'sends messages before it says where they begin',
      [forged(1, 'early'), forgedStart(0), forged(1, 'one'), forged(2, 'two'), forged(3, 'three')],
      1,
    ],
  ])('and %s changes nothing that others get', (_what, messages, misnumbered) => {
    const { engines, subscriber, bystander } = lying();

    engines.run(300);
    for (const message of messages) engines.say('evil', message);
    engines.say('good', 'all is well');
    engines.run(500);

    const heard = engines.heard(subscriber).map((data) => Buffer.from(data as Uint8Array).toString());
    expect(heard).toEqual(['one', 'two', 'three']);
    expect(engines.far.engine.dataCounters.misnumberedMessages).toBe(misnumbered);
    expect(engines.heard(bystander)).toEqual(['all is well']);
  });

  test('and never completes what a copy begins with holds nobody else up, and little memory', () => {
    const { engines, subscriber, bystander } = lying();

    engines.run(300);
    engines.say('evil', forgedStart(0, 2 ** 47, 2 ** 40));
    for (let serial = 1; serial < 500; serial++) engines.say('evil', forged(serial, 'x'.repeat(1000)));
    engines.say('good', 'all is well');
    engines.run(3000);

    expect(engines.heard(subscriber)).toEqual([]);
    expect(engines.heard(bystander)).toEqual(['all is well']);
  });
});
