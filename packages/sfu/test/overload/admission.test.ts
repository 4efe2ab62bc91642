import { Alarm } from '../../src/overload/admission.ts';

const LEVELS = { raiseAbove: 10, raiseAfter: 3, clearBelow: 5, clearAfter: 2 };

function alarmAfter(...values: number[]): boolean {
  const alarm = new Alarm(LEVELS);
  for (const value of values) alarm.note(value);
  return alarm.isRaised;
}

test.each([
  ['begins cleared', [], false],
  ['is raised after enough high values in a row', [11, 11, 11], true],
  ['is not raised by fewer', [11, 11], false],
  ['starts to count again after a value that is not high', [11, 11, 10, 11, 11], false],
  ['stays raised while values are between the levels', [11, 11, 11, 7, 7, 7, 7], true],
  ['is cleared after enough low values in a row', [11, 11, 11, 4, 4], false],
  ['stays raised when low values are not in a row', [11, 11, 11, 4, 6, 4], true],
  ['needs the whole row of high values again once cleared', [11, 11, 11, 4, 4, 11, 11], false],
])('%s', (_behaviour, values, isRaised) => {
  expect(alarmAfter(...values)).toBe(isRaised);
});
