import {
  bitrateReadout,
  durationReadout,
  frameRateReadout,
  lossReadout,
  pictureReadout,
  shortId,
  UNKNOWN,
} from '../../src/stats/readout.ts';

test.each([
  [0, '0', 'kbit/s'],
  [31_600, '32', 'kbit/s'],
  [999_499, '999', 'kbit/s'],
  [999_500, '1.00', 'Mbit/s'],
  [2_345_678, '2.35', 'Mbit/s'],
])('%d bit/s reads as %s %s', (bitrateBps, figure, unit) => {
  expect(bitrateReadout(bitrateBps)).toEqual({ figure, unit });
});

test.each([
  [0.42, '0.4'],
  [9.94, '9.9'],
  [9.96, '10'],
  [123.4, '123'],
])('%d ms reads as %s', (durationMs, figure) => {
  expect(durationReadout(durationMs)).toEqual({ figure, unit: 'ms' });
});

test('an unknown figure reads as a dash with its unit', () => {
  expect([bitrateReadout(undefined), durationReadout(undefined), frameRateReadout(undefined), lossReadout(undefined)]).toEqual([
    { figure: UNKNOWN, unit: 'kbit/s' },
    { figure: UNKNOWN, unit: 'ms' },
    { figure: UNKNOWN, unit: 'fps' },
    { figure: UNKNOWN, unit: '%' },
  ]);
  expect(pictureReadout(1280, undefined).figure).toBe(UNKNOWN);
});

test('loss reads in per cent, a picture as width by height', () => {
  expect(lossReadout(0.0234)).toEqual({ figure: '2.3', unit: '%' });
  expect(pictureReadout(1280, 720)).toEqual({ figure: '1280×720', unit: '' });
});

test('the short id of a session is the head of its uuid', () => {
  expect(shortId('session-101-fc756623-3be4-4c40-b651-20e22095ee07')).toBe('fc756623');
  expect(shortId('something else')).toBe('somethin');
});
