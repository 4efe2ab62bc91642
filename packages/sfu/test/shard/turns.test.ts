import { Path } from '@causeway/media';
import type { SystemCalls } from '../../src/io/system-calls.ts';
import { HandshakeTurns, HeldTurn } from '../../src/shard/turns.ts';

/** Steps that take as long as their first byte says, on a clock that only they move. */
function openTurns() {
  let nowMs = 0;
  const handled: number[] = [];
  let overflows = 0;
  const turns = new HandshakeTurns({
    nowMs: () => nowMs,
    handle(_path, [tookMs = 0, id = 0]) {
      nowMs += tookMs;
      handled.push(id);
    },
    onOverflow: () => {
      overflows++;
    },
  });
  const path = new Path('192.0.2.1', 5000);
  return {
    turns,
    handled,
    overflows: () => overflows,
    receive: (id: number, tookMs: number) => turns.receive(path, Uint8Array.of(tookMs, id)),
  };
}

test('a turn takes steps at once until four milliseconds are spent; the rest wait for the next turn', () => {
  const { turns, handled, receive } = openTurns();

  for (let id = 1; id <= 5; id++) receive(id, 2);
  const atOnce = [...handled];
  turns.beginTurn();

  expect(atOnce).toEqual([1, 2]);
  expect(handled).toEqual([1, 2, 3, 4]);
  expect(turns.waiting).toBe(1);
});

test('waiting datagrams come before new ones, however short those are', () => {
  const { turns, handled, receive } = openTurns();
  receive(1, 4);
  receive(2, 4);
  turns.beginTurn();

  receive(3, 0);
  turns.beginTurn();

  expect(handled).toEqual([1, 2, 3]);
});

test('steps that waited use up the time of those that come in the same turn', () => {
  const { turns, handled, receive } = openTurns();
  receive(1, 5);
  receive(2, 3);
  receive(3, 3);
  turns.beginTurn();

  receive(4, 1);

  expect(handled).toEqual([1, 2, 3]);
  expect(turns.waiting).toBe(1);
});

test('a step longer than the quota is carried out all the same, one a turn', () => {
  const { turns, handled, receive } = openTurns();
  for (let id = 1; id <= 3; id++) receive(id, 50);

  turns.beginTurn();
  turns.beginTurn();

  expect(handled).toEqual([1, 2, 3]);
  expect(turns.waiting).toBe(0);
});

test('a flood of steps waits in bounded memory, and what is too much is counted', () => {
  const { turns, receive, overflows } = openTurns();
  receive(0, 4);

  for (let step = 0; step < 600; step++) receive(1, 1);

  expect(turns.waiting).toBe(512);
  expect(overflows()).toBe(88);
});

/** What happens while a turn is held, in milliseconds of virtual time. */
interface Script {
  /** When datagrams come, in order. */
  readonly datagramsMs?: readonly number[];
  /** When libuv has something to do, and until when; by default it does not end. */
  readonly loopWorkMs?: number;
  readonly loopWorkUntilMs?: number;
  /** When a timer of libuv is due; none by default. */
  readonly timerMs?: number;
  readonly deadlineMs?: number;
  /** The deadline is never dealt with. */
  readonly isStuck?: boolean;
  /** When a signal interrupts the sleep. */
  readonly signalMs?: number;
  /** After so many datagrams there is something for a turn of its own. */
  readonly eventAfter?: number;
}

function create(script: Script) {
  const { datagramsMs = [], loopWorkMs = Number.POSITIVE_INFINITY, timerMs, deadlineMs = Number.POSITIVE_INFINITY } = script;
  const waiting = [...datagramsMs];
  const log: string[] = [];
  let nowMs = 0;
  let taken = 0;
  let signalMs = script.signalMs ?? Number.POSITIVE_INFINITY;
  /** Where the structures lie that were handed over, as the system sees them. */
  let entries: Int16Array = new Int16Array(0);
  const calls: SystemCalls = {
    openSharedSocket: () => undefined,
    close: () => undefined,
    forbidAddressReuse: () => undefined,
    dividesTrains: () => false,
    sendMany: () => -1,
    receiveMany: () => -1,
    lastError: () => 0,
    overflowsOf: () => 0,
    sleep: (ms) => {
      nowMs += ms;
    },
    addressOf(bytes) {
      entries = new Int16Array(bytes.buffer);
      return 1;
    },
    poll(_entriesAt, count, timeoutMs) {
      expect(entries).toHaveLength(Number(count) * 4);
      const workMs = nowMs < (script.loopWorkUntilMs ?? Number.POSITIVE_INFINITY) ? loopWorkMs : Number.POSITIVE_INFINITY;
      const wakesMs = Math.min(nowMs + timeoutMs, waiting[0] ?? Number.POSITIVE_INFINITY, workMs, signalMs);
      nowMs = Math.max(nowMs, wakesMs);
      if (signalMs <= nowMs) {
        signalMs = Number.POSITIVE_INFINITY;
        return -1;
      }
      const isSocketReadable = (waiting[0] ?? Number.POSITIVE_INFINITY) <= nowMs;
      // libuv waits for the socket as well.
      const hasLoopWork = loopWorkMs <= nowMs && nowMs < (script.loopWorkUntilMs ?? Number.POSITIVE_INFINITY);
      entries[3] = isSocketReadable || hasLoopWork ? 1 : 0;
      entries[7] = isSocketReadable ? 1 : 0;
      return (entries[3] ?? 0) + (entries[7] ?? 0);
    },
    eventLoop: {
      fd: 7,
      sleepMs: () => (timerMs === undefined ? -1 : Math.max(0, timerMs - nowMs)),
    },
  };
  const turn = HeldTurn.create({
    calls,
    fds: [8],
    nowMs: () => nowMs,
    receive() {
      const count = waiting.filter((atMs) => atMs <= nowMs).length;
      waiting.splice(0, count);
      taken += count;
      log.push(`${count} at ${nowMs}`);
      return count;
    },
    finish() {
      log.push(`finished at ${nowMs}`);
      return taken < (script.eventAfter ?? Number.POSITIVE_INFINITY);
    },
    deadlineMs: () => (deadlineMs > nowMs || script.isStuck === true ? deadlineMs : Number.POSITIVE_INFINITY),
  });
  if (turn === undefined) throw new Error('there is nothing to hold');
  turn.notePacket(0);
  return {
    turn,
    log,
    /** Holds one turn. @returns when it ended */
    hold() {
      turn.hold(nowMs);
      return nowMs;
    },
    at: (ms: number) => {
      nowMs = ms;
    },
  };
}

test('packets are taken and sent as they come, until there is other work', () => {
  const { hold, log } = create({ datagramsMs: [1, 3, 3], loopWorkMs: 5 });

  const endedMs = hold();

  expect(log).toEqual(['1 at 1', 'finished at 1', '2 at 3', 'finished at 3', 'finished at 5']);
  expect(endedMs).toBe(5);
});

test('a turn ends when a foreign timer is due, and does not begin if one is', () => {
  const { hold, log } = create({ timerMs: 4 });

  const endedMs = [hold(), hold()];

  expect(endedMs).toEqual([4, 4]);
  expect(log).toEqual(['finished at 4']);
});

test('what is due is done without ending the turn', () => {
  const { hold, log } = create({ deadlineMs: 2.5, timerMs: 10 });

  const endedMs = hold();

  expect(log).toEqual(['finished at 3', 'finished at 10']);
  expect(endedMs).toBe(10);
});

test('a deadline that stays in the past does not make the thread spin', () => {
  const { hold, log } = create({ deadlineMs: 0, isStuck: true, timerMs: 10 });

  hold();

  expect(log).toHaveLength(10);
});

test('an event for the owner ends the turn', () => {
  const { hold } = create({ datagramsMs: [1, 2, 3], eventAfter: 2 });

  expect(hold()).toBe(2);
});

test('a signal ends the turn', () => {
  const { hold } = create({ datagramsMs: [5], signalMs: 2 });

  expect(hold()).toBe(2);
});

test('packets that come without a pause do not keep others from their turn', () => {
  const withoutPauseMs = Array.from({ length: 10_000 }, (_, number) => number / 100);
  const { hold } = create({ datagramsMs: withoutPauseMs, loopWorkMs: 0 });

  expect(hold()).toBeLessThan(5);
});

test('no turn is held forever', () => {
  const { hold } = create({ datagramsMs: Array.from({ length: 1000 }, (_, number) => number) });

  expect(hold()).toBeLessThanOrEqual(51);
});

test('the event loop may sleep by itself once no packet has come for a while', () => {
  const { turn } = create({});

  expect([turn.isWanted(99), turn.isWanted(101)]).toEqual([true, false]);
});

test('when one turn after the other brings nothing, there is a pause, which grows', () => {
  const { turn, hold, at } = create({ loopWorkMs: 0 });
  const pausesMs: number[] = [];
  for (let round = 0; round < 8; round++) {
    const startMs = round * 10_000;
    at(startMs);
    turn.notePacket(startMs);
    for (let vain = 0; vain < 8; vain++) hold();
    let pauseMs = 0;
    for (; !turn.isWanted(startMs + pauseMs); pauseMs++) turn.notePacket(startMs + pauseMs);
    pausesMs.push(pauseMs);
  }

  expect(pausesMs).toEqual([20, 40, 80, 160, 320, 640, 1000, 1000]);
});

describe('packets wait for each other', () => {
  /** One every 0.2 ms. */
  const fast = Array.from({ length: 400 }, (_, number) => 1 + number / 5);

  test('for half a millisecond once so many arrive that they are taken together', () => {
    const { hold, log } = create({ datagramsMs: fast });

    hold();

    const counts = log.filter((line) => /^\d/.test(line)).map(Number.parseFloat);
    expect(counts.slice(0, 3)).toEqual([1, 1, 1]);
    // The first of them wakes the thread, and two come while it waits.
    expect(counts.slice(-12, -2)).toEqual(new Array(10).fill(3));
  });

  test('but not where at most one other would come', () => {
    const { hold, log } = create({ datagramsMs: Array.from({ length: 100 }, (_, number) => number / 2.5) });

    hold();

    expect(log.filter((line) => /^\d/.test(line)).every((line) => line.startsWith('1 '))).toBe(true);
  });

  test('and not beyond a deadline', () => {
    const { hold, log } = create({ datagramsMs: fast, deadlineMs: 30 });

    hold();

    expect(log).toContain('finished at 30');
  });

  test('checks of idle clients for 20 ms, after half a second without anything else', () => {
    const { turn, hold, log, at } = create({ datagramsMs: [450, 455, 460, 510, 515, 529] });
    const noteCheck = (): void => turn.notePacket(0, true);
    noteCheck();
    at(449);
    hold();
    noteCheck();
    at(501);
    hold();

    expect(log.filter((line) => /^\d/.test(line))).toEqual(['1 at 450', '1 at 455', '1 at 460', '3 at 530']);
  });

  test('checks do not wait while the event loop has other work', () => {
    const { hold, log, at } = create({ datagramsMs: [610, 612, 700, 702], loopWorkMs: 600, loopWorkUntilMs: 601 });
    at(590);
    hold();
    at(609);

    hold();
    at(699);
    hold();

    expect(log.filter((line) => /^\d/.test(line))).toEqual(['1 at 610', '1 at 612', '2 at 720']);
  });
});

test('sleep is distinguished from work', () => {
  const { turn, hold } = create({ datagramsMs: [10], loopWorkMs: 30 });

  hold();

  expect(turn.sleptMs).toBe(30);
});

test('without an event loop that can be asked, or a socket to read, nothing is held', () => {
  const options = {
    calls: { eventLoop: undefined } as SystemCalls,
    fds: [8],
    nowMs: () => 0,
    receive: () => 0,
    finish: () => true,
    deadlineMs: () => 0,
  };

  expect(HeldTurn.create(options)).toBeUndefined();
  expect(HeldTurn.create({ ...options, calls: { eventLoop: { fd: 7, sleepMs: () => 0 } } as SystemCalls, fds: [] })).toBeUndefined();
});
