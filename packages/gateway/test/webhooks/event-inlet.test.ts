import { EventInlet } from '../../src/webhooks/event-inlet.ts';

const JSON_OF_EVENT = '{"at":"2026-02-23T11:20:00.000Z","type":"track.closed","sessionId":"session-101-a"}';

test('gives what has arrived in portions, each with the place where the reading goes on', () => {
  const inlet = new EventInlet(() => undefined);
  for (let no = 0; no < 3; no++) inlet.send(`1771845600000-${no}~1771845500000-7`, JSON_OF_EVENT);
  inlet.advance('1771845600000-9');

  const [first, rest, none] = [inlet.take(2), inlet.take(2), inlet.take(2)];

  expect([first?.position, rest?.position, none]).toEqual(['1771845600000-1~1771845500000-7', '1771845600000-9', undefined]);
  expect([first, rest].map((batch) => batch?.events.map(({ id }) => id))).toEqual([
    ['1771845600000-0', '1771845600000-1'],
    ['1771845600000-2'],
  ]);
  expect(first?.events[0]).toMatchObject({ type: 'track.closed', sessionId: 'session-101-a', atMs: Date.UTC(2026, 1, 23, 11, 20) });
  expect(inlet.isEmpty).toBe(true);
});

test('an event that tells of a loss has an id of its own', () => {
  const inlet = new EventInlet(() => undefined);
  inlet.send('1771845600000-0', '{"at":"2026-02-23T11:20:00.000Z","type":"events.lost"}');

  expect(inlet.take(1)?.events).toMatchObject([{ id: '1771845600000-0-lost', sessionId: '' }]);
});

test('holds a bounded number of events, and asks to be read again from where it stopped', async () => {
  let arrivals = 0;
  const inlet = new EventInlet(() => arrivals++);
  for (let no = 0; no < 5_000; no++) inlet.send(`1771845600000-${no}`, JSON_OF_EVENT);

  expect([inlet.isGone, arrivals]).toEqual([true, 1_500]);
  expect(inlet.take(10_000)?.position).toBe('1771845600000-1499');
  await expect(inlet.drained()).resolves.toBeUndefined();
});

test('lets the reading go on when there is room', async () => {
  const inlet = new EventInlet(() => undefined);
  for (let no = 0; no < 500; no++) inlet.send(`1771845600000-${no}`, JSON_OF_EVENT);
  const drained = inlet.drained();

  expect(inlet.hasRoom).toBe(false);
  inlet.take(1);
  await expect(drained).resolves.toBeUndefined();
});
