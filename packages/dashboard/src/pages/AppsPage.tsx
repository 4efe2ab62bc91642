import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useServices } from '../service/services-context.ts';
import { appsQuery, mayDo, useMembership } from '../service/use-console-data.ts';
import { Loaded, TableBox, Time } from '../shell/controls.tsx';
import { NewApp } from './NewApp.tsx';

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
            <TableBox label="Table of apps">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Id</th>
                    <th scope="col">Made</th>
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
