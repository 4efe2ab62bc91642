import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useServices } from '../service/console-services.ts';
import { appsQuery, mayDo, useMembership } from '../service/use-console-data.ts';
import { Button, DialogButton, Failure, Loaded, TableBox, TextField, Time } from '../shell/controls.tsx';

export function AppsPage() {
  const services = useServices();
  const membership = useMembership();
  const orgId = membership?.organisation.id ?? '';
  const apps = useQuery({ ...appsQuery(services, orgId), enabled: orgId !== '' });
  return (
    <>
      <div className="title-row">
        <h1>Apps</h1>
        {mayDo(membership?.role, 'develop') && <NewApp orgId={orgId} />}
      </div>
      <Loaded query={apps}>
        {(list) =>
          list.length === 0 ? (
            <p>No apps yet.</p>
          ) : (
            <TableBox label="Apps table">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">ID</th>
                    <th scope="col">Created</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map(({ id, name, createdAt }) => (
                    <tr key={id}>
                      <th scope="row">
                        <Link to="/apps/$appId" params={{ appId: id }}>
                          {name}
                        </Link>
                      </th>
                      <td className="mono">{id}</td>
                      <td>
                        <Time at={createdAt} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
          )
        }
      </Loaded>
    </>
  );
}

/** A button that creates an app and opens its page. */
export function NewApp({ orgId }: { readonly orgId: string }) {
  return (
    <DialogButton label="New app" look="primary" title="New app">
      {(close) => <NewAppForm orgId={orgId} close={close} />}
    </DialogButton>
  );
}

function NewAppForm({ orgId, close }: { readonly orgId: string; readonly close: () => void }) {
  const { admin } = useServices();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name'));
    try {
      const { id } = await admin.createApp(orgId, name);
      await queries.invalidateQueries({ queryKey: ['apps', orgId] });
      close();
      await navigate({ to: '/apps/$appId', params: { appId: id } });
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <TextField label="Name" name="name" isRequired autoFocus maxLength={128} remark="For display. The ID is generated for you." />
      <Failure error={error} />
      <div className="actions">
        <Button onPress={close}>Cancel</Button>
        <Button type="submit" look="primary">
          Create app
        </Button>
      </div>
    </form>
  );
}
