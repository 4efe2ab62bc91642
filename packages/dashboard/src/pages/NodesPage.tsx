import { useQuery } from '@tanstack/react-query';
import { useServices } from '../service/services-context.ts';
import { nodesQuery } from '../service/use-console-data.ts';
import { Button, Loaded, TableBox } from '../shell/controls.tsx';

const PERCENT = 100;

/** The live nodes, as they were when the page was opened. */
export function NodesPage() {
  const query = useQuery(nodesQuery(useServices()));
  return (
    <>
      <div className="title-row">
        <h1>Nodes</h1>
        <Button onPress={() => void query.refetch()} isDisabled={query.isFetching}>
          Read again
        </Button>
      </div>
      <Loaded query={query}>
        {(nodes) => (
          <TableBox label="Table of nodes">
            <table>
              <thead>
                <tr>
                  <th scope="col">Number</th>
                  <th scope="col">Region</th>
                  <th scope="col">State</th>
                  <th scope="col">Load</th>
                  <th scope="col">Version</th>
                </tr>
              </thead>
              <tbody>
                {nodes.map(({ nodeNo, region, state, load, version, isSelf }) => (
                  <tr key={nodeNo}>
                    <th scope="row">
                      {nodeNo}
                      {isSelf && ' (replied to this page)'}
                    </th>
                    <td>{region}</td>
                    <td>{state}</td>
                    <td>{Math.round(load * PERCENT)} %</td>
                    <td>{version}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableBox>
        )}
      </Loaded>
    </>
  );
}
