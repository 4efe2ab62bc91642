import { SpeechMeter } from '../../src/speech/speech-meter.ts';

/** Takes one level for each packet, in time. */
function hear(meter: SpeechMeter, fromMs: number, levels: readonly number[], packetMs = 20): void {
  for (const [index, level] of levels.entries()) meter.note(fromMs + index * packetMs, level);
}

const many = (count: number, level: number) => new Array<number>(count).fill(level);

test('measures the shares of 1.5 s and 0.3 s that are spoken, and how loudly', () => {
  const meter = new SpeechMeter('voice');
  hear(meter, 0, [...many(50, 80), ...many(20, 35), ...many(5, 80)]);

  const { share, recentShare, loudnessDb } = meter.read(1490);

  expect(share).toBeCloseTo(20 / 75);
  expect(recentShare).toBeCloseTo(10 / 15);
  // Nothing is quieter than the lowest floor of 52 dB, and the level is 92 dB above silence.
  expect(loudnessDb).toBeGreaterThan(38);
  expect(loudnessDb).toBeLessThanOrEqual(40);
});

test('packets of 60 ms count for as long as they last', () => {
  const meter = new SpeechMeter('voice');
  hear(meter, 0, many(25, 30), 60);

  expect(meter.read(1490).share).toBeGreaterThan(0.97);
});

test('in discontinuous transmission, a level holds for 120 ms, then it is silent', () => {
  const meter = new SpeechMeter('voice');
  hear(meter, 0, many(10, 30));

  const { share, recentShare } = meter.read(600);
  expect(share).toBeCloseTo(16 / 75);
  expect(recentShare).toBeCloseTo(0);
  expect(meter.read(5000)).toEqual({ share: 0, recentShare: 0, loudnessDb: 0 });
});

test('a constant noise is no speech after a while, and speech above it is', () => {
  const meter = new SpeechMeter('fan');
  expect(meter.note(0, 45)).toBe(true);
  hear(meter, 20, many(1000, 45));

  expect(meter.read(20_000).share).toBe(0);
  expect(meter.note(20_020, 25)).toBe(true);
});

test.each([0, 127])('a level of %i that comes in any number of packets at once is bounded', (level) => {
  const meter = new SpeechMeter('flood');
  hear(meter, 1000, many(10_000, level), 0);

  expect(meter.read(1000).share).toBeCloseTo(level === 0 ? 1 / 75 : 0);
});
