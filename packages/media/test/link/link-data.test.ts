import { Bottleneck, CLEAN_LINK, seededRandom } from '@causeway/testkit';
import { LINK, LinkedCall } from './linked-call.ts';

const CHANNEL = 'causeway-control';

test.each(['dtls', 'plain'] as const)(
  'a data channel over a link (%s) is told of at both ends, and so is what is sent on it',
  (security) => {
    const { a, b } = new LinkedCall({ security });

    a.engine.handleCommand(a.nowMs, { type: 'open-data-channel', transportId: LINK, request: { label: CHANNEL } });
    a.run(100);
    const [{ streamId } = { streamId: -1 }] = a.data;
    a.engine.handleCommand(a.nowMs, { type: 'send-data', transportId: LINK, streamId, data: 'hello' });
    b.engine.handleCommand(b.nowMs, { type: 'send-data', transportId: LINK, streamId, data: Uint8Array.of(1, 2, 3) });
    a.run(100);

    expect(a.data).toEqual([
      { transportId: LINK, streamId, what: 'opened', data: CHANNEL },
      { transportId: LINK, streamId, what: 'message', data: Uint8Array.of(1, 2, 3) },
    ]);
    expect(b.data).toEqual([
      { transportId: LINK, streamId, what: 'opened', data: CHANNEL },
      { transportId: LINK, streamId, what: 'message', data: 'hello' },
    ]);
  },
);

test('what cannot be sent or opened is nobody’s harm: no such transport, no such channel, no connection yet', () => {
  const { a } = new LinkedCall();
  a.addPeer('new');

  a.engine.handleCommand(a.nowMs, { type: 'open-data-channel', transportId: 'nobody', request: { label: CHANNEL } });
  a.engine.handleCommand(a.nowMs, { type: 'open-data-channel', transportId: 'new', request: { label: CHANNEL } });
  a.engine.handleCommand(a.nowMs, { type: 'send-data', transportId: 'nobody', streamId: 0, data: 'hello' });
  a.engine.handleCommand(a.nowMs, { type: 'send-data', transportId: LINK, streamId: 99, data: 'hello' });
  a.run(100);

  expect(a.data).toEqual([]);
});

test('data that fills a narrow link shares it with video: hardly a packet of that is missing in the end, and data gets most of what it leaves', () => {
  const RELIABLE = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
  const rateBps = 8_000_000;
  const durationMs = 6_000;
  const call = new LinkedCall({ payloadBytes: 1000, packetsPerFrame: 8, link: { ...CLEAN_LINK, delayMs: 20 } });
  const { a, b, receiver } = call;
  call.relay();
  call.subscribeBob();
  const [publicationId, copyId] = ['bulk', 'bulk/copy'];
  const stream = { streamId: 2, isNegotiated: true };
  const plan = { reliability: RELIABLE, retain: 0, isBus: false };
  a.engine.handleCommand(a.nowMs, { type: 'open-data-channel', transportId: LINK, request: { label: CHANNEL } });
  a.run(200);
  a.engine.handleCommand(a.nowMs, {
    type: 'put-data-publication',
    plan: { ...plan, publicationId, transportId: undefined, stream: undefined },
  });
  b.engine.handleCommand(b.nowMs, {
    type: 'put-data-publication',
    plan: { ...plan, publicationId: copyId, transportId: LINK, stream, copyOf: publicationId },
  });
  a.engine.handleCommand(a.nowMs, {
    type: 'put-data-subscription',
    plan: {
      subscriptionId: 'feed',
      transportId: LINK,
      publicationId,
      stream,
      label: '',
      protocol: '',
      canReply: 'many',
      waitsForAck: false,
      isPaused: false,
      isSticky: true,
      feedsCopy: 'new',
    },
  });
  call.link.back.bottleneck = new Bottleneck(seededRandom(1), { rateBps, queueMs: 60 });
  const feed = () => a.engine.answer('data-statistics').subscriptions[0]?.bufferedBytes ?? 0;
  for (let afterMs = 0; afterMs < durationMs; afterMs += 10) {
    a.after(afterMs, (nowMs) => {
      while (feed() < 400_000) a.engine.handleCommand(nowMs, { type: 'publish-data', publicationId, data: new Uint8Array(16_000) });
    });
  }
  receiver.askForMissing(durationMs + 2000);
  call.runFor(durationMs);
  a.run(2000);

  const videoBps = (receiver.packets.size * 1000 * 8_000) / durationMs;
  const dataBps = ((b.engine.answer('data-statistics').publications[0]?.bytesReceived ?? 0) * 8_000) / durationMs;
  expect(receiver.packets.size).toBeGreaterThan(8 * 29 * (durationMs / 1000));
  expect(receiver.missing.length).toBeLessThan(receiver.packets.size / 100);
  expect(dataBps).toBeGreaterThan((rateBps - videoBps) / 2);
}, 60_000);
