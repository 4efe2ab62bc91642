import { plainHello } from '@causeway/testkit';
import { LINK, LinkedCall } from './linked-call.ts';

const CHANNEL = 'causeway-control';

test('a data channel over a link is told of at both ends, and so is what is sent on it', () => {
  const { a, b } = new LinkedCall();

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
});

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
  const applicationData = (kind: number, text: string): Uint8Array => Uint8Array.from([23, kind, 0, 0, ...Buffer.from(text)]);

  alice.sendRaw(a.nowMs, plainHello());
  alice.sendRaw(a.nowMs, applicationData(0, 'chat'));
  alice.sendRaw(a.nowMs, applicationData(2, 'hello'));
  a.run(100);

  expect(a.data).toEqual([{ transportId: 'alice', streamId: 0, what: 'opened', data: 'chat' }]);
  expect(a.engine.drops()['data-without-subscriber']).toBe(1);
});
