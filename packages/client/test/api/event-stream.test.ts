import { createManualClock, type ManualClock } from '@causeway/testkit/manual-clock';
import { type EventsRequest, followEvents } from '../../src/api/event-stream.ts';

interface Opened {
  readonly position: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly priority: string | undefined;
}

/** @param streams what the SFU replies, one after the other */
function follow(streams: readonly (string | readonly string[] | Response | Error)[], request: EventsRequest = {}) {
  const opened: Opened[] = [];
  const clock: ManualClock = createManualClock();
  const replies = [...streams];
  const events = followEvents({
    ...request,
    path: '/events',
    clock,
    send: async ({ headers, signal, priority }) => {
      opened.push({ position: headers?.['Last-Event-ID'], signal, priority });
      const reply = replies.shift();
      if (reply instanceof Error) throw reply;
      if (reply instanceof Response) return reply;
      if (reply === undefined) throw new Error('no further stream in this test');
      return new Response(bytesOf(typeof reply === 'string' ? [reply] : reply));
    },
  });
  return { events, opened, clock };
}

function bytesOf(chunks: readonly string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
}

const message = (id: string, type: string) => `id: ${id}\ndata: ${JSON.stringify({ id, type })}\n\n`;
const refusal = (status: number, errorCode: string, retryable: boolean) =>
  Response.json({ errorCode, errorDescription: 'no', requestId: 'r', retryable }, { status });

async function take(events: AsyncGenerator<{ readonly type: string }>, count: number): Promise<string[]> {
  const types: string[] = [];
  while (types.length < count) {
    const { value, done } = await events.next();
    if (done === true) return [...types, 'end'];
    types.push(value.type);
  }
  return types;
}

test('a stream is requested with low priority, so that what a page needs first goes before it', async () => {
  const { events, opened } = follow([message('8', 'session.created')]);

  await take(events, 1);

  expect(opened[0]?.priority).toBe('low');
});

test('events arrive in the order of the stream, however it is split into chunks', async () => {
  const text = `retry: 2000\nid: 7\n\n: still here\n\n${message('8', 'session.created')}${message('9', 'track.published')}`;
  const { events } = follow([[...text]]);

  expect(await take(events, 2)).toEqual(['session.created', 'track.published']);
});

test('a stream that ends is reopened after the last position, even if no event had it', async () => {
  const { events, opened, clock } = follow([`${message('8', 'session.created')}id: 12\n\n`, message('13', 'track.published')]);

  expect(await take(events, 1)).toEqual(['session.created']);
  const next = take(events, 1);
  await clock.advance(2_000);

  expect(await next).toEqual(['track.published']);
  expect(opened.map(({ position }) => position)).toEqual([undefined, '12']);
});

test('the stream is reopened after a network failure and after a busy reply', async () => {
  const { events, opened, clock } = follow([new Error('no network'), refusal(503, 'no_capacity', true), message('1', 'session.created')]);

  const next = take(events, 1);
  await clock.advance(4_000);

  expect(await next).toEqual(['session.created']);
  expect(opened).toHaveLength(3);
});

test('a stream that is refused permanently throws an error', async () => {
  const { events } = follow([refusal(403, 'forbidden', false)]);

  await expect(take(events, 1)).rejects.toMatchObject({ code: 'forbidden' });
});

test('the events of one session end when the session ends', async () => {
  const { events } = follow([message('1', 'session.closed')], { sessionId: 's' });

  expect(await take(events, 2)).toEqual(['session.closed', 'end']);
});

test('an aborted signal ends the iteration without an error', async () => {
  const aborting = new AbortController();
  const { events, opened } = follow([message('1', 'session.created')], { signal: aborting.signal });

  expect(await take(events, 1)).toEqual(['session.created']);
  aborting.abort();

  expect(await take(events, 1)).toEqual(['end']);
  expect(opened).toHaveLength(1);
});

test('calls onOpen when the stream is open', async () => {
  let isOpen = false;
  const { events } = follow([message('1', 'session.created')], { onOpen: () => (isOpen = true) });

  expect(isOpen).toBe(false);
  await take(events, 1);

  expect(isOpen).toBe(true);
});

test('quality samples arrive besides the events and do not change the position', async () => {
  const sample = { at: '2026-02-03T00:00:05.000Z', publications: [], subscriptions: [] };
  const text = `${message('8', 'session.connected')}event: quality\ndata: ${JSON.stringify(sample)}\n\nevent: later kinds\ndata: x\n\n`;
  const samples: unknown[] = [];
  const { events, opened, clock } = follow([text, message('9', 'track.published')], { onQuality: (each) => samples.push(each) });

  expect(await take(events, 1)).toEqual(['session.connected']);
  const next = take(events, 1);
  await clock.advance(2_000);

  expect(await next).toEqual(['track.published']);
  expect(samples).toEqual([sample]);
  expect(opened.map(({ position }) => position)).toEqual([undefined, '8']);
});
