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
