import type { AdminKey } from '@causeway/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useServices } from '../service/console-services.ts';
import { appQuery, keysQuery, mayDo, useMe } from '../service/use-console-data.ts';
import { Button, ConfirmButton, DialogButton, Failure, Loaded, TableBox, TextField, Time } from '../shell/controls.tsx';
import { ShownOnce } from '../shell/ShownOnce.tsx';

const SECONDS_PER_DAY = 86_400;
const SECRET_REVOKED = 'All nodes reject it within two seconds. Existing sessions continue, and tokens created with it remain valid.';
const SIGNING_KEY_REVOKED = 'All nodes reject tokens signed with it within two seconds. Existing sessions continue.';

/** The keys of an app. Secrets are shown once, when they are created. */
export function KeysPage() {
  const { appId } = useParams({ from: '/member/apps/$appId' });
  const services = useServices();
  const queries = useQueryClient();
  const { memberships } = useMe();
  const keys = useQuery(keysQuery(services, appId));
  const app = useQuery(appQuery(services, appId)).data;
  const mayChange = mayDo(memberships.find(({ organisation }) => organisation.id === app?.orgId)?.role, 'develop');
  const reload = () => queries.invalidateQueries({ queryKey: ['keys', appId] });
  return (
    <section aria-labelledby="keys-title">
      <div className="title-row">
        <h2 id="keys-title">Keys</h2>
        {mayChange && (
          <DialogButton label="New secret" look="primary" title="New secret">
            {(close) => <NewSecret appId={appId} onMade={reload} close={close} />}
          </DialogButton>
        )}
      </div>
      <p>A secret gives full access to the app, so keep it on your server. An app can have two at a time: the old one and the new one.</p>
      <Loaded query={keys}>
        {(list) =>
          list.length === 0 ? (
            <p>No keys yet. Until you create one, only members of your organisation can use the app, from this console.</p>
          ) : (
            <TableBox label="Keys table">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Key</th>
                    <th scope="col">Last used</th>
                    <th scope="col">State</th>
                    {mayChange && <th scope="col">Actions</th>}
                  </tr>
                </thead>
                <tbody>
                  {list.map((key) => (
                    <KeyRow key={key.id} shown={key} mayChange={mayChange} onChanged={reload} />
                  ))}
                </tbody>
              </table>
            </TableBox>
          )
        }
      </Loaded>
    </section>
  );
}

interface KeyRowProps {
  readonly shown: AdminKey;
  readonly mayChange: boolean;
  readonly onChanged: () => Promise<unknown>;
}

function KeyRow({ shown, mayChange, onChanged }: KeyRowProps) {
  const { admin } = useServices();
  const { id, kind, name, prefix, last4, lastUsedAt, revokedAt, expiresAt } = shown;
  const isLive = revokedAt === undefined && (expiresAt === undefined || new Date(expiresAt) > new Date());
  const revoke = async () => {
    await admin.revokeKey(id);
    await onChanged();
  };
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="mono">{kind === 'signing' ? `${prefix} (public key)` : `${prefix}…${last4}`}</td>
      <td>{kind === 'signing' ? 'not tracked' : lastUsedAt === undefined ? 'never' : <Time at={lastUsedAt} />}</td>
      <td>
        <KeyState shown={shown} isLive={isLive} />
      </td>
      {mayChange && (
        <td>
          {isLive && (
            <div className="actions start">
              {kind === 'secret' && (
                <DialogButton label="Roll" of={name} title={`Roll ${name}`}>
                  {(close) => <RollSecret keyId={id} onMade={onChanged} close={close} />}
                </DialogButton>
              )}
              <ConfirmButton
                label="Revoke"
                of={name}
                look="danger"
                title={`Revoke ${name}?`}
                explanation={kind === 'signing' ? SIGNING_KEY_REVOKED : SECRET_REVOKED}
                onConfirm={revoke}
              />
            </div>
          )}
        </td>
      )}
    </tr>
  );
}

function KeyState({ shown: { revokedAt, expiresAt }, isLive }: { readonly shown: AdminKey; readonly isLive: boolean }) {
  if (revokedAt !== undefined) return <>revoked</>;
  if (expiresAt === undefined) return <>active</>;
  return (
    <>
      {isLive ? 'expires ' : 'expired '}
      <Time at={expiresAt} />
    </>
  );
}

interface NewSecretProps {
  readonly appId: string;
  readonly onMade: () => Promise<unknown>;
  readonly close: () => void;
}

function NewSecret({ appId, onMade, close }: NewSecretProps) {
  const { admin } = useServices();
  const [secret, setSecret] = useState<string>();
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name'));
    try {
      setSecret((await admin.createKey(appId, name)).secret);
      await onMade();
    } catch (failure) {
      setError(failure);
    }
  };
  if (secret !== undefined) return <ShownSecret secret={secret} close={close} />;
  return (
    <form onSubmit={(event) => void submit(event)}>
      <TextField label="Name" name="name" isRequired autoFocus maxLength={128} remark="Where it is used, such as “backend”" />
      <Failure error={error} />
      <div className="actions">
        <Button onPress={close}>Cancel</Button>
        <Button type="submit" look="primary">
          Create secret
        </Button>
      </div>
    </form>
  );
}

function RollSecret({
  keyId,
  onMade,
  close,
}: {
  readonly keyId: string;
  readonly onMade: () => Promise<unknown>;
  readonly close: () => void;
}) {
  const { admin } = useServices();
  const [secret, setSecret] = useState<string>();
  const [error, setError] = useState<unknown>();
  const roll = async () => {
    try {
      setSecret((await admin.rollKey(keyId, SECONDS_PER_DAY)).secret);
      await onMade();
    } catch (failure) {
      setError(failure);
    }
  };
  if (secret !== undefined) return <ShownSecret secret={secret} close={close} />;
  return (
    <>
      <p>
        Creates a new secret with the same name. The current one keeps working for 24 hours: switch your servers to the new one by then.
      </p>
      <Failure error={error} />
      <div className="actions">
        <Button onPress={close}>Cancel</Button>
        <Button look="primary" autoFocus onPress={() => void roll()}>
          Roll
        </Button>
      </div>
    </>
  );
}

function ShownSecret({ secret, close }: { readonly secret: string; readonly close: () => void }) {
  return (
    <ShownOnce text={secret} what="secret" close={close}>
      Copy the secret now: it will not be shown again. The node stores only a hash of it.
    </ShownOnce>
  );
}
