import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useServices } from '../service/services-context.ts';
import { appQuery, mayDo, useMe } from '../service/use-console-data.ts';
import { ConfirmButton, Loaded, TableBox } from '../shell/controls.tsx';

/** The settings of an app as they are in force, and its end. */
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
      <p>
        The admin API changes them (<code>PATCH /api/admin/v1/apps/{appId}</code>); a setting that is not listed is as on the node.
      </p>
      <Loaded query={app}>
        {({ orgId, name, settings }) => (
          <>
            <TableBox label="Table of settings">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Setting</th>
                    <th scope="col">Value</th>
                  </tr>
                </thead>
                <tbody>
                  {Object.entries(settings).map(([setting, value]) => (
                    <tr key={setting}>
                      <th scope="row" className="mono">
                        {setting}
                      </th>
                      <td>{String(value)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
            {mayDo(memberships.find(({ organisation }) => organisation.id === orgId)?.role, 'develop') && (
              <ConfirmButton
                label="Remove app"
                look="danger"
                title={`Remove ${name}?`}
                explanation="Its keys end now, and calls with its tokens are refused within two seconds. Sessions that run go on until they end. The id is not given again."
                onConfirm={() => remove(orgId)}
              />
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}
