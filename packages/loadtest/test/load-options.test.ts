import { readLoadOptions } from '../src/load-options.ts';

describe('readLoadOptions', () => {
  test('takes app and secret from the environment when the command line has none', () => {
    const options = readLoadOptions(['--subscribers', '3'], { CAUSEWAY_APP_ID: 'app', CAUSEWAY_APP_SECRET: 'secret' });

    expect(options).toMatchObject({
      address: { url: 'http://127.0.0.1:8080', appId: 'app', secret: 'secret' },
      subscribers: 3,
      publish: { packetsPerSecond: 250, packetBytes: 1200 },
    });
  });

  test('says what is missing', () => {
    expect(() => readLoadOptions([], {})).toThrow('--app and --secret');
  });

  test.each([
    ['--seconds', '0'],
    ['--rate', 'fast'],
    ['--size', '1.5'],
  ])('refuses %s %s by name', (option, value) => {
    expect(() => readLoadOptions(['--app', 'a', '--secret', 's', option, value], {})).toThrow(option);
  });

  test('refuses an option it does not know', () => {
    expect(() => readLoadOptions(['--app', 'a', '--secret', 's', '--sbscribers', '3'], {})).toThrow('--sbscribers');
  });
});
