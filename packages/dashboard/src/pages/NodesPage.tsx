import { useQuery } from '@tanstack/react-query';
import { useServices } from '../service/services-context.ts';
import { nodesQuery } from '../service/use-console-data.ts';
import { Button, Loaded, TableBox } from '../shell/controls.tsx';
import { WorldMap } from './WorldMap.tsx';

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
          <>
            <WorldMap nodes={nodes} />
            <TableBox label="Table of nodes">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Number</th>
                    <th scope="col">Region</th>
                    <th scope="col">State</th>
                    <th scope="col">Load</th>
                    <th scope="col">Version</th>
                    <th scope="col">Location</th>
                    <th scope="col">Link</th>
                    <th scope="col">Round trip</th>
                    <th scope="col">Loss</th>
                  </tr>
                </thead>
                <tbody>
                  {nodes.map(({ nodeNo, region, state, load, version, location, link, isSelf }) => (
                    <tr key={nodeNo}>
                      <th scope="row">
                        {nodeNo}
                        {isSelf && ' (replied to this page)'}
                      </th>
                      <td>{region}</td>
                      <td>{state}</td>
                      <td>{Math.round(load * PERCENT)} %</td>
                      <td>{version}</td>
                      <td>{location === undefined ? 'not set' : `${location.latitudeDegrees}, ${location.longitudeDegrees}`}</td>
                      <td>{isSelf ? 'this node' : (link?.state ?? 'none')}</td>
                      <td>{link?.rttMs === undefined ? '' : `${Math.round(link.rttMs)} ms`}</td>
                      <td>{link?.lossRatio === undefined ? '' : `${(link.lossRatio * PERCENT).toFixed(1)} %`}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
            <p className="hint">Links, which relay media between nodes, are those of the node that replied to this page.</p>
          </>
        )}
      </Loaded>
    </>
  );
}
