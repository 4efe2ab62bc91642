import { DominantSpeaker } from '../../src/speech/dominant-speaker.ts';
import { SpeechMeter } from '../../src/speech/speech-meter.ts';
import { FRAME_MS, Person, type Speaking } from './talk.ts';

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);
const READ_EVERY_MS = 200;

interface Change {
  readonly atMs: number;
  readonly id: string;
}

/** Lets people talk, and returns who led the conversation from when on. */
function converse(people: Readonly<Record<string, Pick<Person, 'levelAt'>>>, durationMs: number): Change[] {
  const meters = Object.entries(people).map(([id, person]) => ({ person, meter: new SpeechMeter(id) }));
  const dominant = new DominantSpeaker();
  const changes: Change[] = [];
  for (let nowMs = 0; nowMs < durationMs; nowMs += FRAME_MS) {
    for (const { person, meter } of meters) meter.note(nowMs, person.levelAt(nowMs));
    if (nowMs % READ_EVERY_MS !== 0) continue;
    for (const { meter } of meters) {
      const id = dominant.take(nowMs, meter.trackId, meter.read(nowMs));
      if (id !== undefined) changes.push({ atMs: nowMs, id });
    }
  }
  return changes;
}

function speaking(fromMs: number, toMs: number): Speaking[] {
  return [{ fromMs, toMs }];
}

test.each(SEEDS)('turns are followed within 1.2 s, and not before someone has spoken for 0.3 s: seed %i', (seed) => {
  const people = {
    alice: new Person(seed, [...speaking(1000, 9000), ...speaking(17_000, 25_000)]),
    bob: new Person(seed + 1000, speaking(9000, 17_000), 35),
    carol: new Person(seed + 2000, []),
  };

  const changes = converse(people, 26_000);

  expect(changes.map(({ id }) => id)).toEqual(['alice', 'bob', 'alice']);
  const turns = [1000, 9000, 17_000];
  for (const [index, { atMs }] of changes.entries()) {
    expect(atMs - turns[index]).toBeGreaterThanOrEqual(300);
    expect(atMs - turns[index]).toBeLessThanOrEqual(1200);
  }
});

test.each(SEEDS)('coughs, doors and an approving word change nothing: seed %i', (seed) => {
  const noises = [4000, 7000, 11_000, 13_000].map((fromMs) => ({ fromMs, toMs: fromMs + 250 }));
  const people = {
    alice: new Person(seed, speaking(1000, 15_000)),
    bob: { levelAt: (nowMs: number) => (noises.some(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs) ? 5 : 80) },
  };

  expect(converse(people, 20_000).map(({ id }) => id)).toEqual(['alice']);
});

test.each(SEEDS)('of two who talk at once, neither is replaced more than every two seconds: seed %i', (seed) => {
  const people = { alice: new Person(seed, speaking(1000, 31_000)), bob: new Person(seed + 1000, speaking(1000, 31_000)) };

  const changes = converse(people, 32_000);

  expect(changes.length).toBeGreaterThanOrEqual(1);
  expect(changes.length).toBeLessThanOrEqual(15);
});

test('the same speaker is told again after three seconds of silence, and not after two', () => {
  const turns = [...speaking(1000, 3000), ...speaking(5000, 7000), ...speaking(11_000, 13_000)];

  const changes = converse({ alice: new Person(3, turns) }, 14_000);

  expect(changes).toHaveLength(2);
  expect(changes[1].atMs).toBeGreaterThan(11_000);
});

test('a publisher that always claims to be as loud as can be gives way to speech within half a minute, for good', () => {
  const people = { liar: { levelAt: () => 0 }, alice: new Person(7, speaking(10_000, 60_000)) };

  const changes = converse(people, 60_000);

  expect(changes.map(({ id }) => id)).toEqual(['liar', 'alice']);
  expect(changes[1].atMs).toBeLessThan(30_000);
});

test('people who leave are forgotten, and a silent conversation is over', () => {
  const dominant = new DominantSpeaker();
  const reading = { share: 1, recentShare: 1, loudnessDb: 40 };

  expect(dominant.isOver(0)).toBe(true);
  expect(dominant.take(0, 'alice', reading)).toBe('alice');
  expect(dominant.isOver(3000)).toBe(false);
  dominant.forget('alice');
  expect(dominant.take(200, 'bob', { ...reading, share: 0.3 })).toBe('bob');
  expect(dominant.isOver(3201)).toBe(true);
});
