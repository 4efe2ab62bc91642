import { APP_SETTING_NAMES, AppSettingsPatch, DEFAULT_APP_SETTINGS } from '@causeway/protocol';
import { fieldText, SETTING_FIELDS, settingsPatch } from '../../src/service/setting-fields.ts';

const READ = { ...DEFAULT_APP_SETTINGS, maxSessions: 7, monthlyQuotaGb: 5 };
const AS_READ = Object.fromEntries(SETTING_FIELDS.map(({ name }) => [name, fieldText(READ[name])]));

test('there is a field for every setting', () => {
  expect(SETTING_FIELDS.map(({ name }) => name).sort()).toEqual([...APP_SETTING_NAMES].sort());
});

test('an unchanged form changes nothing', () => {
  expect(settingsPatch(READ, AS_READ)).toEqual({});
});

test('a changed field is sent, and an emptied one is unset', () => {
  const patch = settingsPatch(READ, { ...AS_READ, autoPublish: 'no', maxSessions: ' 9 ', monthlyQuotaGb: '' });

  expect(patch).toEqual({ autoPublish: false, maxSessions: 9, monthlyQuotaGb: null });
  expect(AppSettingsPatch.safeParse(patch).success).toBe(true);
});
