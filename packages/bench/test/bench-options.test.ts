import { readBenchOptions } from '../src/bench-options.ts';

describe('readBenchOptions', () => {
  test('asks for everything at 10, 50 and 100 subscribers when told nothing', () => {
    expect(readBenchOptions([])).toEqual({
      parts: ['forwarding', 'joins', 'memory'],
      contestants: ['floor', 'causeway', 'naive'],
      subscriberCounts: [10, 50, 100],
      rounds: 3,
      secondsPerWindow: 4,
      shapes: undefined,
      sessions: 200,
      clusterSizes: [3, 6, 12, 20],
      cpuProfilePath: undefined,
      otherCheckout: undefined,
      isQuick: false,
      isHelpWanted: false,
    });
  });

  test('is shorter when quick, save where told otherwise', () => {
    expect(readBenchOptions(['--quick', '--rounds', '2'])).toMatchObject({ subscriberCounts: [50], rounds: 2 });
  });

  test('runs the parts that are named', () => {
    expect(readBenchOptions(['memory', '--sessions', '40'])).toMatchObject({ parts: ['memory'], sessions: 40 });
  });

  test('profiles when asked to', () => {
    expect(readBenchOptions(['forwarding', '--cpu-prof']).cpuProfilePath).toBe('causeway.cpuprofile');
  });

  test('lets another checkout compete', () => {
    expect(readBenchOptions(['--contestants', 'floor,causeway', '--against', '../before'])).toMatchObject({
      contestants: ['floor', 'causeway', 'against'],
      otherCheckout: '../before',
    });
  });

  test.each([
    [['shrads'], 'There is no part "shrads"'],
    [['--contestants', 'floor,janus'], 'There is no contestant "janus"'],
    [['--rounds', '0'], '--rounds takes whole numbers from 1'],
    [['--subscribers', '50,10'], '--subscribers must ascend'],
    [['--fast'], '--fast'],
  ])('refuses %j in one line', (commandLine, message) => {
    expect(() => readBenchOptions(commandLine)).toThrow(message);
  });
});
