import type { AdminNode } from '@causeway/protocol';
import { useQuery } from '@tanstack/react-query';
import { useServices } from '../service/console-services.ts';
import { nodesQuery } from '../service/use-console-data.ts';
import { Button, Loaded, TableBox } from '../shell/controls.tsx';
import { LAND, MAP_HEIGHT, MAP_WIDTH } from './world-land.ts';
import { placesOf } from './world-places.ts';

const PERCENT = 100;

/** The live nodes, as they were when the page was opened. */
export function NodesPage() {
  const query = useQuery(nodesQuery(useServices()));
  return (
    <>
      <div className="title-row">
        <h1>Nodes</h1>
        <Button onPress={() => void query.refetch()} isDisabled={query.isFetching}>
          Refresh
        </Button>
      </div>
      <Loaded query={query}>
        {(nodes) => (
          <>
            <WorldMap nodes={nodes} />
            <TableBox label="Nodes table">
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
                        {isSelf && ' (this node)'}
                      </th>
                      <td>{region}</td>
                      <td>{state}</td>
                      <td className="unbroken">{Math.round(load * PERCENT)}%</td>
                      <td>{version}</td>
                      <td className="unbroken">
                        {location === undefined ? 'not set' : `${location.latitudeDegrees}, ${location.longitudeDegrees}`}
                      </td>
                      <td>{isSelf ? '–' : (link?.state ?? 'none')}</td>
                      <td className="unbroken">{link?.rttMs === undefined ? '' : `${Math.round(link.rttMs)} ms`}</td>
                      <td className="unbroken">{link?.lossRatio === undefined ? '' : `${(link.lossRatio * PERCENT).toFixed(1)}%`}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
            <p className="hint">Links relay media between nodes. Only those of this node, which answered the request, are shown.</p>
          </>
        )}
      </Loaded>
    </>
  );
}

/**
 * Shows the locations of the nodes and the links of the node that replied. To a screen reader the map is one picture, because the table
 * beside it has the same information and more.
 */
function WorldMap({ nodes }: { readonly nodes: readonly AdminNode[] }) {
  const places = placesOf(nodes);
  if (places.length === 0) return null;
  const self = places.find((place) => place.nodes.some(({ isSelf }) => isSelf));
  const linked = places.filter((place) => place !== self && place.nodes.some(({ link }) => link?.state === 'up'));
  const located = places.reduce((sum, place) => sum + place.nodes.length, 0);
  return (
    <figure
      className="world"
      role="img"
      aria-label={`Map: ${count(located, 'node')} in ${count(places.length, 'location')}. The table lists all nodes.`}
    >
      <svg viewBox={`0 0 ${MAP_WIDTH} ${MAP_HEIGHT}`} aria-hidden="true">
        <path className="land" d={LAND} />
        {self !== undefined &&
          linked.map((place) => (
            <line
              key={`${place.xPercent} ${place.yPercent}`}
              className="link"
              x1={(self.xPercent * MAP_WIDTH) / 100}
              y1={(self.yPercent * MAP_HEIGHT) / 100}
              x2={(place.xPercent * MAP_WIDTH) / 100}
              y2={(place.yPercent * MAP_HEIGHT) / 100}
            />
          ))}
      </svg>
      {places.map((place) => (
        <span
          key={`${place.xPercent} ${place.yPercent}`}
          className={`place ${worstOf(place.nodes)} ${place.xPercent > 75 ? 'left' : ''}`}
          style={{ left: `${place.xPercent}%`, top: `${place.yPercent}%` }}
          aria-hidden="true"
        >
          <span className="place-name">{[...new Set(place.nodes.map(({ region }) => region))].join(', ')}</span>
        </span>
      ))}
    </figure>
  );
}

function worstOf(nodes: readonly AdminNode[]): AdminNode['state'] {
  return (['stressed', 'draining'] as const).find((state) => nodes.some((node) => node.state === state)) ?? 'serving';
}

function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`;
}
