import type { AdminAuditEntry, AdminMember } from '@causeway/protocol';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useServices } from '../service/console-services.ts';
import { membersQuery, useMembership } from '../service/use-console-data.ts';
import { Button, Failure, TableBox, Time } from '../shell/controls.tsx';

/** The number of entries that one call of the API returns. */
const ENTRIES_PER_PAGE = 100;

/** The audit of an organisation, newest entries first. */
export function AuditPage() {
  const services = useServices();
  const orgId = useMembership()?.organisation.id ?? '';
  const members = useQuery({ ...membersQuery(services, orgId), enabled: orgId !== '' }).data ?? [];
  const { data, error, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['audit', orgId],
    enabled: orgId !== '',
    queryFn: async ({ pageParam }: { readonly pageParam: string | undefined }) =>
      (await services.admin.listAudit(orgId, pageParam)).entries,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.length < ENTRIES_PER_PAGE ? undefined : page.at(-1)?.id),
    staleTime: 0,
  });
  return (
    <>
      <h1>Audit log</h1>
      <Failure error={error} />
      <TableBox label="Audit log table">
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Actor</th>
              <th scope="col">Action</th>
              <th scope="col">App</th>
              <th scope="col">Subject</th>
            </tr>
          </thead>
          <tbody>
            {data?.pages.flat().map((entry) => (
              <tr key={entry.id}>
                <td>
                  <Time at={entry.at} />
                </td>
                <td>{actorText(entry, members)}</td>
                <th scope="row">{entry.action}</th>
                <td className="mono">{entry.appId}</td>
                <td>{entry.subject}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      {hasNextPage && (
        <Button isDisabled={isFetching} onPress={() => void fetchNextPage()}>
          Load older
        </Button>
      )}
    </>
  );
}

/** A former member is shown by their id. */
function actorText({ actor: { kind, id = '' } }: AdminAuditEntry, members: readonly AdminMember[]): string {
  if (kind === 'operator') return 'node operator';
  if (kind === 'node') return 'node';
  if (kind === 'key') return `key ${id}`;
  return members.find(({ person }) => person.id === id)?.person.email ?? id;
}
