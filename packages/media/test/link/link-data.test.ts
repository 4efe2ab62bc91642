import { createDataCounters, DataChannels, Timers } from '@causeway/media';
import { hmacSha1, plainApplicationData, plainHello } from '@causeway/testkit';
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

test('what a client sends on a data channel is counted and goes no further: nobody can subscribe to it yet', () => {
  const { a, alice } = new LinkedCall();
  const timers = new Timers();
  const channels = new DataChannels({
    role: 'client',
    timers,
    hmacSha1,
    randomBytes: (length) => new Uint8Array(length).fill(5),
    counters: createDataCounters(),
    listener: {
      onPacket: (packet) => alice.sendRaw(a.nowMs, plainApplicationData(packet)),
      onOpened: ({ streamId }) => channels.send(a.nowMs, streamId, 'hello'),
      onClosed: () => undefined,
      onMessage: () => undefined,
      onAborted: () => undefined,
      onDefect: (error) => {
        throw error;
      },
    },
  });
  alice.onApplicationData = (nowMs, data) => channels.handlePacket(nowMs, data);

  alice.sendRaw(a.nowMs, plainHello());
  channels.open(a.nowMs, { label: 'chat' });
  for (let turn = 0; turn < 50; turn++) {
    timers.fireDue(a.nowMs);
    a.run(10);
  }

  expect(a.data).toEqual([{ transportId: 'alice', streamId: 0, what: 'opened', data: 'chat' }]);
  expect(a.engine.drops()['data-without-subscriber']).toBe(1);
});
