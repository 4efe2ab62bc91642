import type { Role } from '@causeway/protocol';
import { ROLES } from '@causeway/protocol/roles';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useServices } from '../service/console-services.ts';
import { invitationsQuery, mayDo, membersQuery, useMe, useMembership } from '../service/use-console-data.ts';
import { Button, Choice, ConfirmButton, DialogButton, Failure, Loaded, TableBox, TextField, Time } from '../shell/controls.tsx';
import { ShownOnce } from '../shell/ShownOnce.tsx';

/** The members and open invitations of the organisation. */
export function TeamPage() {
  const services = useServices();
  const membership = useMembership();
  const orgId = membership?.organisation.id ?? '';
  const mayChange = mayDo(membership?.role, 'administer');
  const members = useQuery({ ...membersQuery(services, orgId), enabled: orgId !== '' });
  return (
    <>
      <div className="title-row">
        <h1>Team</h1>
        {mayChange && (
          <DialogButton label="Invite" look="primary" title="Invite someone">
            {(close) => <Invite orgId={orgId} close={close} />}
          </DialogButton>
        )}
      </div>
      <Loaded query={members}>
        {(list) => (
          <TableBox label="Members table">
            <table>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Email</th>
                  <th scope="col">Role</th>
                  <th scope="col">Joined</th>
                  {mayChange && <th scope="col">Actions</th>}
                </tr>
              </thead>
              <tbody>
                {list.map((member) => (
                  <MemberRow key={member.person.id} orgId={orgId} {...member} />
                ))}
              </tbody>
            </table>
          </TableBox>
        )}
      </Loaded>
      {mayChange && <Invitations orgId={orgId} />}
    </>
  );
}

interface MemberRowProps {
  readonly orgId: string;
  readonly person: { readonly id: string; readonly email: string; readonly name: string };
  readonly role: Role;
  readonly joinedAt: string;
}

function MemberRow({ orgId, person, role, joinedAt }: MemberRowProps) {
  const { admin } = useServices();
  const queries = useQueryClient();
  const me = useMe();
  const own = useMembership()?.role;
  const [error, setError] = useState<unknown>();
  const isSelf = me.person?.id === person.id;
  const mayChange = mayDo(own, role === 'owner' ? 'own' : 'administer');
  const reload = () =>
    Promise.all([queries.invalidateQueries({ queryKey: ['members', orgId] }), isSelf && queries.invalidateQueries({ queryKey: ['me'] })]);
  const change = (next: Role) => {
    setError(undefined);
    admin.changeRole(orgId, person.id, next).then(reload, setError);
  };
  const remove = async () => {
    await admin.removeMember(orgId, person.id);
    await reload();
  };
  return (
    <tr>
      <th scope="row">
        {person.name}
        {isSelf && ' (you)'}
      </th>
      <td>{person.email}</td>
      <td>
        {mayChange ? (
          <Choice
            label={`Role of ${person.name}`}
            isLabelHidden
            value={role}
            options={mayDo(own, 'own') ? ROLES : ROLES.slice(1)}
            onChange={change}
          />
        ) : (
          role
        )}
        <Failure error={error} />
      </td>
      <td>
        <Time at={joinedAt} />
      </td>
      {mayDo(own, 'administer') && (
        <td>
          {mayChange && (
            <ConfirmButton
              label="Remove"
              of={person.name}
              look="danger"
              title={`Remove ${person.name}?`}
              explanation="They lose access to this organisation. Their tokens for its apps are revoked, and sessions created with those tokens are closed."
              onConfirm={remove}
            />
          )}
        </td>
      )}
    </tr>
  );
}

function Invite({ orgId, close }: { readonly orgId: string; readonly close: () => void }) {
  const { admin, baseUrl } = useServices();
  const queries = useQueryClient();
  const own = useMembership()?.role;
  const [role, setRole] = useState<Role>('developer');
  const [token, setToken] = useState<string>();
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const email = String(new FormData(event.currentTarget).get('email'));
    try {
      setToken((await admin.invite(orgId, email, role)).token);
      await queries.invalidateQueries({ queryKey: ['invitations', orgId] });
    } catch (failure) {
      setError(failure);
    }
  };
  if (token !== undefined) {
    const link = `${new URL('invitation', baseUrl).href}#${token}`;
    return (
      <ShownOnce text={link} what="link" close={close}>
        The node does not send email, so pass this link on yourself. It works once, expires in a week, and will not be shown again.
      </ShownOnce>
    );
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <TextField label="Email" name="email" type="email" isRequired autoFocus />
      <Choice label="Role" value={role} options={mayDo(own, 'own') ? ROLES : ROLES.slice(1)} onChange={setRole} />
      <Failure error={error} />
      <div className="actions">
        <Button onPress={close}>Cancel</Button>
        <Button type="submit" look="primary">
          Create link
        </Button>
      </div>
    </form>
  );
}

function Invitations({ orgId }: { readonly orgId: string }) {
  const services = useServices();
  const queries = useQueryClient();
  const query = useQuery(invitationsQuery(services, orgId));
  const withdraw = async (id: string) => {
    await services.admin.withdrawInvitation(orgId, id);
    await queries.invalidateQueries({ queryKey: ['invitations', orgId] });
  };
  return (
    <section aria-labelledby="invitations-title">
      <h2 id="invitations-title">Invitations</h2>
      <Loaded query={query}>
        {(list) =>
          list.length === 0 ? (
            <p>No open invitations.</p>
          ) : (
            <ul className="lines">
              {list.map(({ id, email, role, expiresAt }) => (
                <li key={id}>
                  <span>
                    {email} as {role}, expires <Time at={expiresAt} />
                  </span>
                  <ConfirmButton
                    label="Withdraw"
                    of={email}
                    title="Withdraw the invitation?"
                    explanation={`The invitation link for ${email} stops working.`}
                    onConfirm={() => withdraw(id)}
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  );
}
