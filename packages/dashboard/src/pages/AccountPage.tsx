import type { FactorsReply } from '@causeway/protocol';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useServices } from '../service/console-services.ts';
import { callbackPage, leaveFor } from '../service/provider-visit.ts';
import { factorsQuery, signInWaysQuery, useMe } from '../service/use-console-data.ts';
import { ActionForm } from '../shell/ActionForm.tsx';
import { Button, ConfirmButton, DialogButton, Failure, Loaded, TextField, Time } from '../shell/controls.tsx';
import { Authenticator } from './Authenticator.tsx';
import { Passkeys } from './Passkeys.tsx';

/** The person who is signed in. */
export function AccountPage() {
  const services = useServices();
  const { admin } = services;
  const factors = useQuery(factorsQuery(services));
  const { person, memberships } = useMe();
  const [error, setError] = useState<unknown>();
  const [isChanged, setChanged] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    setError(undefined);
    setChanged(false);
    try {
      await admin.changePassword(String(fields.get('present')), String(fields.get('next')));
      form.reset();
      setChanged(true);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <>
      <h1>{person?.name}</h1>
      <p>{person?.email}</p>
      <ul className="lines">
        {memberships.map(({ organisation, role }) => (
          <li key={organisation.id}>
            {organisation.name}: {role}
          </li>
        ))}
      </ul>
      <Loaded query={factors}>
        {({ totp, passkeys, oidc, hasPassword }) => (
          <>
            <ProviderConnection oidc={oidc} hasPassword={hasPassword} onChanged={() => factors.refetch()} />
            {hasPassword && <Authenticator totp={totp} onChanged={() => factors.refetch()} />}
            {hasPassword && <Passkeys passkeys={passkeys} onChanged={() => factors.refetch()} />}
          </>
        )}
      </Loaded>
      {factors.data?.hasPassword === true && (
        <section aria-labelledby="password-title">
          <h2 id="password-title">Change password</h2>
          <form className="narrow" onSubmit={(event) => void submit(event)}>
            <TextField label="Current password" name="present" type="password" autoComplete="current-password" isRequired />
            <TextField
              label="New password"
              name="next"
              type="password"
              autoComplete="new-password"
              isRequired
              minLength={15}
              remark="At least 15 characters. A few words will do."
            />
            <Button type="submit">Change password</Button>
            <Failure error={error} />
            <p role="status">{isChanged ? 'Password changed. You have been signed out of all other browsers.' : ''}</p>
          </form>
        </section>
      )}
    </>
  );
}

interface ProviderConnectionProps {
  readonly oidc: FactorsReply['oidc'];
  readonly hasPassword: boolean;
  readonly onChanged: () => Promise<unknown>;
}

/** The account at the operator's OpenID provider that signs the person in. Renders nothing on a node without a provider. */
function ProviderConnection({ oidc, hasPassword, onChanged }: ProviderConnectionProps) {
  const services = useServices();
  const { data } = useQuery(signInWaysQuery(services));
  if (data?.oidc === undefined) return null;
  const { name } = data.oidc;
  const connect = async ({ password = '' }: Readonly<Record<string, string>>) =>
    leaveFor(await services.admin.offerOidcConnection(password, callbackPage(services.baseUrl)));
  const disconnect = async () => {
    await services.admin.disconnectOidc();
    await onChanged();
  };
  return (
    <section aria-labelledby="provider-title">
      <h2 id="provider-title">{name}</h2>
      {oidc === undefined ? (
        <>
          <p>Connect your {name} account to sign in without a password or code.</p>
          <DialogButton label={`Connect ${name}`} title={`Connect ${name}`}>
            {(close) => (
              <ActionForm action="Continue" onCancel={close} onSubmit={connect}>
                <TextField label="Your password" name="password" type="password" autoComplete="current-password" isRequired autoFocus />
              </ActionForm>
            )}
          </DialogButton>
        </>
      ) : (
        <>
          <p>
            Connected{oidc.email === '' ? '' : ` as ${oidc.email}`} since <Time at={oidc.connectedAt} />. Last used:{' '}
            {oidc.lastUsedAt === undefined ? 'never' : <Time at={oidc.lastUsedAt} />}.
            {!hasPassword && ' You have no password here, so you cannot add an authenticator or passkeys.'}
          </p>
          {hasPassword && (
            <ConfirmButton
              label={`Disconnect ${name}`}
              look="danger"
              title={`Disconnect ${name}?`}
              explanation={`You can no longer sign in with ${name}. Your password and passkeys still work.`}
              onConfirm={disconnect}
            />
          )}
        </>
      )}
    </section>
  );
}
