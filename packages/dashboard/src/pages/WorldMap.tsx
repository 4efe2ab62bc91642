import type { AdminNode } from '@causeway/protocol';
import { LAND, MAP_HEIGHT, MAP_WIDTH } from './world-land.ts';
import { placesOf } from './world-places.ts';

/**
 * Where the nodes are, and the links of the node that has replied. The table beside it says the same and more, so that the map is one picture
 * to a screen reader.
 */
export function WorldMap({ nodes }: { readonly nodes: readonly AdminNode[] }) {
  const places = placesOf(nodes);
  if (places.length === 0) return null;
  const self = places.find((place) => place.nodes.some(({ isSelf }) => isSelf));
  const linked = places.filter((place) => place !== self && place.nodes.some(({ link }) => link?.state === 'up'));
  const located = places.reduce((sum, place) => sum + place.nodes.length, 0);
  return (
    <figure
      className="world"
      role="img"
      aria-label={`Map: ${count(located, 'node')} in ${count(places.length, 'place')}; the table has them all`}
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
