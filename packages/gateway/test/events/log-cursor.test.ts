import { parseLogId, parseLogPosition } from '../../src/events/event-ids.ts';
import { type CheckedEntry, LogCursor } from '../../src/events/log-cursor.ts';

const START_MS = 1_764_518_400_000;

function id(ms: number) {
  return { ms: START_MS + ms, no: 0 };
}

function event(ms: number, formerMs?: number): CheckedEntry {
  return { type: 'event', id: id(ms), json: '{}', formerId: formerMs === undefined ? undefined : id(formerMs) };
}

function mark(ms: number): CheckedEntry {
  return { type: 'loss', id: id(ms) };
}

function cursorAt(text: string): LogCursor {
  const position = parseLogPosition(text);
  if (position === undefined) throw new Error(`${text} is no position`);
  return new LogCursor(position);
}

/** The same client at another node. */
function moved(cursor: LogCursor): LogCursor {
  return cursorAt(cursor.text);
}

test('what was lost before the client had read it is new, and what it had read is not', () => {
  const cursor = new LogCursor({ id: id(100), marks: [] });

  const passed = [mark(6_000), event(6_001), event(6_002, 90), event(6_003, 110)].map((entry) => cursor.pass(entry));

  expect(passed).toEqual([false, true, false, true]);
});

test('what was lost twice, and never read, is new after the second loss, at every node', () => {
  const cursor = new LogCursor({ id: id(100), marks: [] });
  cursor.pass(mark(6_000));
  cursor.pass(event(6_001));
  const other = moved(cursor);

  for (const each of [cursor, other, moved(other)]) {
    each.pass(mark(12_000));
    // Lost with the first loss before it was read; read before the first loss; read between the losses.
    expect([event(12_001, 110), event(12_002, 90), event(12_003, 6_001)].map((entry) => each.pass(entry))).toEqual([true, false, false]);
  }
});

test('a position names marks for eleven minutes, at most eight, and is read as it was written', () => {
  const cursor = new LogCursor({ id: id(0), marks: [] });
  for (let ms = 10; ms <= 100; ms += 10) cursor.pass(mark(ms));

  expect(cursor.text.split('~')).toHaveLength(1 + 2 * 8);
  expect(moved(cursor).text).toBe(cursor.text);
  cursor.pass(event(100 + 11 * 60_000));
  expect(parseLogId(cursor.text)).toEqual(id(100 + 11 * 60_000));
});

test('a position of the former version, without the mark, is understood', () => {
  const cursor = cursorAt(`${START_MS + 6_001}-0~${START_MS + 100}-0`);

  expect([event(6_002, 110), event(6_003, 90)].map((entry) => cursor.pass(entry))).toEqual([true, false]);
});

test.each(['', '1-1', `${START_MS}`, `${START_MS}-0~`, `${START_MS}-0~x`])('%j is no position', (text) => {
  expect(parseLogPosition(text)).toBeUndefined();
});
