import { EventEmitter } from 'node:events';
import { guardProcess } from '../../src/daemon/process-guard.ts';
import { DefectLog } from '../../src/monitoring/defect-log.ts';

function openGuard() {
  const logged: string[] = [];
  const exits: number[] = [];
  const timers: (() => void)[] = [];
  let stops = 0;
  let nowMs = 0;
  const stopped = Promise.withResolvers<void>();
  const process = new EventEmitter();
  const defects = new DefectLog({ log: (_level, _message, fields) => logged.push(String(fields?.error)) }, () => nowMs);
  guardProcess(process, {
    defects,
    stop() {
      stops++;
      return stopped.promise;
    },
    exit: (code) => exits.push(code),
    later: (_delayMs, callback) => timers.push(callback),
  });
  return { process, defects, logged, exits, timers, stopped, stops: () => stops, pass: (ms: number) => (nowMs += ms) };
}

test('an uncaught exception is logged and counted, and ends the node after an orderly shutdown', async () => {
  const { process, defects, logged, exits, stopped } = openGuard();

  process.emit('uncaughtException', new Error('a defect'));
  const exitsBefore = [...exits];
  stopped.resolve();
  await new Promise(setImmediate);

  expect([exitsBefore, exits]).toEqual([[], [4]]);
  expect(logged).toEqual(['Error: a defect']);
  expect(defects.counts).toEqual({ contained: 0, rejection: 0, exception: 1 });
});

test('it ends all the same when it cannot be stopped, or not in time', async () => {
  const failing = openGuard();
  failing.process.emit('uncaughtException', new Error('a defect'));
  failing.stopped.reject(new Error('another'));
  await new Promise(setImmediate);
  const hanging = openGuard();
  hanging.process.emit('uncaughtException', new Error('a defect'));
  for (const fire of hanging.timers) fire();

  expect([failing.exits, hanging.exits]).toEqual([[4], [4]]);
});

test('what is thrown while it ends is logged, and does not begin another end', () => {
  const { process, logged, stops } = openGuard();

  for (const number of [1, 2, 3]) process.emit('uncaughtException', new Error(`defect ${number}`));

  expect(stops()).toBe(1);
  expect(logged).toHaveLength(3);
});

test('an unhandled rejection does not end the node', () => {
  const { process, defects, logged, stops } = openGuard();

  process.emit('unhandledRejection', 'why');

  expect([stops(), logged, defects.counts.rejection]).toEqual([0, ['Error: why'], 1]);
});

test('a defect that shows again and again is counted, and logged twenty times a minute', () => {
  const { process, defects, logged, pass } = openGuard();
  const reject = (): void => {
    for (let each = 0; each < 100; each++) process.emit('unhandledRejection', new Error('again'));
  };

  reject();
  const first = logged.length;
  pass(60_000);
  reject();

  expect([first, logged.length, defects.counts.rejection]).toEqual([20, 40, 200]);
});
