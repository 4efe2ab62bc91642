import { APP_SETTING_NAMES, AppSettings, appSettingKind, DEFAULT_APP_SETTINGS, parseRequest, readKnownSettings } from '@causeway/protocol';

test('the defaults are settings', () => {
  expect(AppSettings.parse(DEFAULT_APP_SETTINGS)).toEqual(DEFAULT_APP_SETTINGS);
});

test('every setting has a kind, whether or not it is optional', () => {
  expect(appSettingKind('autoPublish')).toEqual({ type: 'boolean' });
  expect(appSettingKind('maxCallsPerSecondPerApp')).toEqual({ type: 'integer', min: 1, max: 1_000_000 });
  expect(appSettingKind('maxEventStreams')).toEqual({ type: 'integer', min: 1, max: 2_000 });
});

test.each(APP_SETTING_NAMES)('%s accepts exactly the values that its kind allows', (name) => {
  const kind = appSettingKind(name);
  const admits = (value: unknown) => AppSettings.partial().safeParse({ [name]: value }).success;

  expect(admits(kind.type === 'boolean' ? true : kind.min)).toBe(true);
  expect(admits(kind.type === 'boolean' ? false : kind.max)).toBe(true);
  expect(admits(kind.type === 'boolean' ? 1 : kind.min - 1)).toBe(false);
  expect(admits(kind.type === 'boolean' ? 'true' : kind.max + 1)).toBe(false);
  expect(admits(null)).toBe(false);
});

test('an unknown setting is refused, and the error names it', () => {
  expect(() => parseRequest(AppSettings, { ...DEFAULT_APP_SETTINGS, maxSesions: 1 })).toThrow('has unknown fields: maxSesions');
});

test('from the settings of another version, only the known and valid ones are read', () => {
  expect(readKnownSettings({ autoPublish: false, maxTracks: 0, maxSessions: 7, mood: 'sunny', maxCallsPerSecondPerApp: 'many' })).toEqual({
    ...DEFAULT_APP_SETTINGS,
    autoPublish: false,
    maxSessions: 7,
  });
});
