/** Converts the settings of an app to fields of a form, and a form to changes. */
import type { AppSettings, AppSettingsPatch } from '@causeway/protocol';

/** The field of a form for one setting. */
export interface SettingField {
  readonly name: keyof AppSettings;
  readonly label: string;
  readonly kind: 'switch' | 'number';
  readonly remark: string;
}

const AS_ON_NODE = 'Empty: as on the node';

/** The compiler ensures that the list is complete. */
const FIELDS: Readonly<Record<keyof AppSettings, Omit<SettingField, 'name'>>> = {
  autoPublish: { label: 'Publish by offer', kind: 'switch', remark: 'Lines that begin to send become tracks without a call' },
  refuseSecretFromBrowsers: { label: 'Refuse secrets from pages', kind: 'switch', remark: 'Pages must use tokens' },
  monthlyQuotaGb: { label: 'Monthly quota', kind: 'number', remark: 'Billed gigabytes a month, on all nodes. Empty: no limit' },
  quotaGraceSeconds: { label: 'Grace time', kind: 'number', remark: 'Seconds that subscriptions go on after the quota. Empty: none' },
  maxCallsPerSecondPerSession: { label: 'Calls a second of a session', kind: 'number', remark: 'Empty: the default' },
  maxCallsPerSecondPerApp: { label: 'Calls a second of the app', kind: 'number', remark: 'On one node. Empty: the default' },
  maxSessions: { label: 'Sessions', kind: 'number', remark: `On one node. ${AS_ON_NODE}` },
  maxUnconnectedSessions: { label: 'Sessions not connected yet', kind: 'number', remark: `On one node. ${AS_ON_NODE}` },
  maxTracks: { label: 'Publications and subscriptions', kind: 'number', remark: `On one node. ${AS_ON_NODE}` },
  maxEgressMbps: { label: 'Megabits a second to clients', kind: 'number', remark: `From one node. ${AS_ON_NODE}` },
  maxIdempotencyKeys: { label: 'Kept replies', kind: 'number', remark: `On one node. ${AS_ON_NODE}` },
  maxEventStreams: { label: 'Listeners to events', kind: 'number', remark: `On one node. ${AS_ON_NODE}` },
};

/** In the order in which they are shown. */
export const SETTING_FIELDS: readonly SettingField[] = Object.entries(FIELDS).map(([name, field]) => ({
  name: name as keyof AppSettings,
  ...field,
}));

/** Returns the text of a field. */
export function fieldText(value: boolean | number | undefined): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === undefined ? '' : String(value);
}

/** Returns the changes in a form. Unchanged fields are left out, and an empty field unsets its setting. */
export function settingsPatch(read: AppSettings, fields: Readonly<Record<string, string>>): AppSettingsPatch {
  const changed = SETTING_FIELDS.filter(({ name }) => textOf(fields, name) !== fieldText(read[name]));
  return Object.fromEntries(changed.map((field) => [field.name, settingOf(field, textOf(fields, field.name))]));
}

function textOf(fields: Readonly<Record<string, string>>, name: string): string {
  return (fields[name] ?? '').trim();
}

function settingOf({ kind }: SettingField, text: string): boolean | number | null {
  if (kind === 'switch') return text === 'yes';
  return text === '' ? null : Number(text);
}
