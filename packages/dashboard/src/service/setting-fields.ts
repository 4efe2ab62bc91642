/** Converts the settings of an app to fields of a form, and a form to changes. */
import type { AppSettings, AppSettingsPatch } from '@causeway/protocol';

/** The field of a form for one setting. */
export interface SettingField {
  readonly name: keyof AppSettings;
  readonly label: string;
  readonly kind: 'switch' | 'number';
  readonly remark: string;
}

const NODE_DEFAULT = 'Empty: node default';

/** The compiler ensures that the list is complete. */
const FIELDS: Readonly<Record<keyof AppSettings, Omit<SettingField, 'name'>>> = {
  autoPublish: { label: 'Auto-publish', kind: 'switch', remark: 'Media lines that start sending become tracks' },
  refuseSecretFromBrowsers: { label: 'Reject secrets from browsers', kind: 'switch', remark: 'Web pages must use tokens' },
  monthlyQuotaGb: { label: 'Monthly quota', kind: 'number', remark: 'Billed GB per month, on all nodes. Empty: no limit' },
  quotaGraceSeconds: { label: 'Grace period', kind: 'number', remark: 'Seconds before subscriptions pause. Empty: none' },
  maxCallsPerSecondPerSession: { label: 'Calls per second, per session', kind: 'number', remark: 'Empty: default' },
  maxCallsPerSecondPerApp: { label: 'Calls per second, per app', kind: 'number', remark: 'Per node. Empty: default' },
  maxSessions: { label: 'Max sessions', kind: 'number', remark: `Per node. ${NODE_DEFAULT}` },
  maxUnconnectedSessions: { label: 'Max unconnected sessions', kind: 'number', remark: `Per node. ${NODE_DEFAULT}` },
  maxTracks: { label: 'Max publications and subscriptions', kind: 'number', remark: `Per node. ${NODE_DEFAULT}` },
  maxEgressMbps: { label: 'Max egress to clients', kind: 'number', remark: `Mbit/s per node. ${NODE_DEFAULT}` },
  maxIdempotencyKeys: { label: 'Max idempotency keys', kind: 'number', remark: `Replies kept per node. ${NODE_DEFAULT}` },
  maxEventStreams: { label: 'Max event streams', kind: 'number', remark: `Per node. ${NODE_DEFAULT}` },
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
