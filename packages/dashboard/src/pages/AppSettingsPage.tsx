import type { AdminApp } from '@causeway/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { codeOf } from '../service/admin-api.ts';
import { useServices } from '../service/console-services.ts';
import { fieldText, SETTING_FIELDS, type SettingField, settingsPatch } from '../service/setting-fields.ts';
import { appQuery, mayDo, useMe } from '../service/use-console-data.ts';
import { ActionForm } from '../shell/ActionForm.tsx';
import { ConfirmButton, Loaded, TableBox, TextField } from '../shell/controls.tsx';

const YES_OR_NO = ['yes', 'no'] as const;

/** The settings of an app, and a button to remove it. */
export function AppSettingsPage() {
  const { appId } = useParams({ from: '/member/apps/$appId' });
  const services = useServices();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { memberships } = useMe();
  const app = useQuery(appQuery(services, appId));
  const remove = async (orgId: string) => {
    await services.admin.removeApp(appId);
    await navigate({ to: '/apps' });
    await queries.invalidateQueries({ queryKey: ['apps', orgId] });
  };
  return (
    <section aria-labelledby="settings-title">
      <h2 id="settings-title">Settings</h2>
      <Loaded query={app}>
        {(read) =>
          mayDo(memberships.find(({ organisation }) => organisation.id === read.orgId)?.role, 'develop') ? (
            <>
              <SettingsForm key={read.version} app={read} />
              <h3>Remove this app</h3>
              <ConfirmButton
                label="Remove app"
                look="danger"
                title={`Remove ${read.name}?`}
                explanation="Its keys stop working now, and its tokens within two seconds. Existing sessions continue until they end. The app ID cannot be used again."
                onConfirm={() => remove(read.orgId)}
              />
            </>
          ) : (
            <SettingsTable app={read} />
          )
        }
      </Loaded>
    </section>
  );
}

/** Created again for each version, so that its fields show the values that were read. */
function SettingsForm({ app }: { readonly app: AdminApp }) {
  const services = useServices();
  const queries = useQueryClient();
  const [saved, setSaved] = useState('');
  const save = async ({ name = '', ...fields }: Readonly<Record<string, string>>) => {
    setSaved('');
    const settings = settingsPatch(app.settings, fields);
    const renamed = name.trim() === app.name ? {} : { name };
    if (Object.keys({ ...settings, ...renamed }).length === 0) return setSaved('No changes to save.');
    try {
      const changed = await services.admin.changeApp(app.id, app.version, { ...renamed, settings });
      queries.setQueryData(appQuery(services, app.id).queryKey, changed);
      await queries.invalidateQueries({ queryKey: ['apps', app.orgId] });
    } catch (failure) {
      if (codeOf(failure) !== 'version_conflict') throw failure;
      await queries.invalidateQueries({ queryKey: appQuery(services, app.id).queryKey });
    }
  };
  return (
    <>
      <p>
        Version {app.version}. Changes take effect on all nodes within two seconds. If someone else has saved a change since you opened this
        page, yours is not saved, and the page shows theirs.
      </p>
      <ActionForm action="Save" onSubmit={save}>
        <div className="fields">
          <TextField label="Name" name="name" defaultValue={app.name} autoComplete="off" isRequired maxLength={128} />
          {SETTING_FIELDS.map((field) => (
            <SettingInput key={field.name} field={field} value={app.settings[field.name]} />
          ))}
        </div>
      </ActionForm>
      <p role="status">{saved}</p>
    </>
  );
}

function SettingInput({ field, value }: { readonly field: SettingField; readonly value: boolean | number | undefined }) {
  const { name, label, kind, remark } = field;
  if (kind === 'number') {
    const defaultValue = fieldText(value);
    return (
      <TextField
        label={label}
        name={name}
        defaultValue={defaultValue}
        inputMode="numeric"
        pattern="[0-9]*"
        autoComplete="off"
        remark={remark}
      />
    );
  }
  return (
    <label className="field">
      <span className="field-label">{label}</span>
      <select name={name} defaultValue={fieldText(value)}>
        {YES_OR_NO.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
      <span className="remark">{remark}</span>
    </label>
  );
}

/** Shown to members who may not change the settings. */
function SettingsTable({ app }: { readonly app: AdminApp }) {
  return (
    <TableBox label="Settings table">
      <table>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Value</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          {SETTING_FIELDS.map(({ name, label, remark }) => (
            <tr key={name}>
              <th scope="row">{label}</th>
              <td>{fieldText(app.settings[name]) || 'not set'}</td>
              <td>{remark}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
