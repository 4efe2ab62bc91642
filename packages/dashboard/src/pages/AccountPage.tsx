import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useServices } from '../service/services-context.ts';
import { factorsQuery, useMe } from '../service/use-console-data.ts';
import { Button, Failure, Loaded, TextField } from '../shell/controls.tsx';
import { Authenticator } from './Authenticator.tsx';
import { Passkeys } from './Passkeys.tsx';
import { ProviderConnection } from './ProviderConnection.tsx';

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
            <TextField label="Present password" name="present" type="password" autoComplete="current-password" isRequired />
            <TextField
              label="New password"
              name="next"
              type="password"
              autoComplete="new-password"
              isRequired
              minLength={15}
              remark="At least 15 characters; a few words will do"
            />
            <Button type="submit">Change password</Button>
            <Failure error={error} />
            <p role="status">{isChanged ? 'Changed. All other browsers are signed out.' : ''}</p>
          </form>
        </section>
      )}
    </>
  );
}
