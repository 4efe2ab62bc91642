import type { QualitySample } from '@causeway/protocol';
import { useMemo, useState } from 'react';
import type uPlot from 'uplot';
import {
  lossText,
  QUALITY_SPAN_SECONDS,
  type QualityRow,
  type QualityTrack,
  rateText,
  roundTripText,
  rowsOf,
  trackName,
  tracksOf,
} from '../service/quality-series.ts';
import { Choice, TableBox } from '../shell/controls.tsx';
import { Plot, type PlotLook, type PlotOptions } from './Plot.tsx';

const ALL_TRACKS = 'All tracks';
const AXIS_PIXELS = 92;
/** Longer than a gap, so that the estimate can be distinguished from the rates without colours. */
const DASHES = [6, 4];

/** A line of a chart. */
interface Line {
  readonly name: string;
  /** The name of a variable in `tokens.css`. */
  readonly colour: string;
  readonly look: 'solid' | 'dashed' | 'dotted';
  readonly read: (row: QualityRow) => number | null;
}

/** One of the charts. Its lines are constant, so that the chart is replaced only when the set of shown lines changes. */
interface Figure {
  readonly title: string;
  readonly lines: readonly Line[];
  /** The smallest maximum of the scale. */
  readonly leastMax: number;
  readonly text: (value: number | null) => string;
}

const RATES: Figure = {
  title: 'Bitrate',
  lines: [
    { name: 'to the client', colour: '--accent', look: 'solid', read: ({ toClientBps }) => toClientBps },
    { name: 'from the client', colour: '--warn', look: 'dotted', read: ({ fromClientBps }) => fromClientBps },
    { name: 'downlink capacity', colour: '--ink-faint', look: 'dashed', read: ({ estimatedBps }) => estimatedBps },
  ],
  leastMax: 100_000,
  text: rateText,
};
const LOSSES: Figure = {
  title: 'Packet loss',
  lines: [
    { name: 'to the client', colour: '--accent', look: 'solid', read: ({ toClientLoss }) => toClientLoss },
    { name: 'from the client', colour: '--warn', look: 'dotted', read: ({ fromClientLoss }) => fromClientLoss },
  ],
  leastMax: 0.05,
  text: lossText,
};
const ROUND_TRIPS: Figure = {
  title: 'Round trip',
  lines: [{ name: 'to the client and back', colour: '--accent', look: 'solid', read: ({ rttMs }) => rttMs }],
  leastMax: 100,
  text: roundTripText,
};

/** The quality of a session in the last five minutes, with new samples as they arrive. */
export function QualityPanel({ samples }: { readonly samples: readonly QualitySample[] }) {
  const [chosen, setChosen] = useState<string>(ALL_TRACKS);
  const tracks = tracksOf(samples);
  const track = tracks.find((each) => trackName(each) === chosen);
  const rows = rowsOf(samples, track);
  if (rows.length === 0) return <p>No samples yet. The node takes one every five seconds while the session has tracks.</p>;
  return (
    <>
      {tracks.length > 1 && (
        <Choice
          label="Show"
          value={track === undefined ? ALL_TRACKS : chosen}
          options={[ALL_TRACKS, ...tracks.map(trackName)]}
          onChange={setChosen}
        />
      )}
      <div className="quality">
        {[RATES, LOSSES, ROUND_TRIPS].map((figure) => (
          <QualityFigure key={figure.title} figure={figure} rows={rows} />
        ))}
      </div>
      <details>
        <summary>Show as table</summary>
        <QualityTable rows={rows} track={track} />
      </details>
    </>
  );
}

function QualityFigure({ figure, rows }: { readonly figure: Figure; readonly rows: readonly QualityRow[] }) {
  const { title, lines, text } = figure;
  // A figure that is never known for this session, such as the loss of media that it does not send, has no line and no entry in the legend.
  const shown = lines.filter(({ read }) => rows.some((row) => read(row) !== null)).map(({ name }) => name);
  const names = shown.join();
  const options = useMemo(() => (look: PlotLook) => optionsFor(figure, names.split(','), look), [figure, names]);
  const data = useMemo<uPlot.AlignedData>(
    () => [rows.map(({ atSeconds }) => atSeconds), ...linesNamed(figure, names.split(',')).map(({ read }) => rows.map(read))],
    [rows, figure, names],
  );
  const latest = rows.at(-1);
  const present = linesNamed(figure, shown).map(({ name, read }) => `${name} ${text(latest === undefined ? null : read(latest))}`);
  return (
    <figure>
      <figcaption>{title}</figcaption>
      {shown.length === 0 ? (
        <p className="hint">Not available for this session.</p>
      ) : (
        <>
          <Plot label={`${title} over five minutes, now ${present.join(', ')}`} options={options} data={data} />
          <ul className="legend">
            {linesNamed(figure, shown).map(({ name, colour, look, read }) => (
              <li key={name} data-look={look} data-colour={colour.slice('--'.length)}>
                {name}: <strong>{text(latest === undefined ? null : read(latest))}</strong>
              </li>
            ))}
          </ul>
        </>
      )}
    </figure>
  );
}

function QualityTable({ rows, track }: { readonly rows: readonly QualityRow[]; readonly track: QualityTrack | undefined }) {
  const hasLayer = track?.direction === 'to client';
  return (
    <TableBox label="Quality table">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">To the client</th>
            <th scope="col">Lost</th>
            <th scope="col">From the client</th>
            <th scope="col">Lost</th>
            <th scope="col">Capacity</th>
            <th scope="col">Round trip</th>
            {hasLayer && <th scope="col">Layer</th>}
          </tr>
        </thead>
        <tbody>
          {rows.toReversed().map((row) => (
            <tr key={row.at}>
              <th scope="row">
                <time dateTime={row.at}>{new Date(row.at).toLocaleTimeString()}</time>
              </th>
              <td>{rateText(row.toClientBps)}</td>
              <td>{lossText(row.toClientLoss)}</td>
              <td>{rateText(row.fromClientBps)}</td>
              <td>{lossText(row.fromClientLoss)}</td>
              <td>{rateText(row.estimatedBps)}</td>
              <td>{roundTripText(row.rttMs)}</td>
              {hasLayer && <td>{layerText(row.rid)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function layerText(rid: string | null): string {
  if (rid === null) return 'none';
  return rid === '' ? 'only layer' : rid;
}

function linesNamed({ lines }: Figure, names: readonly string[]): readonly Line[] {
  return lines.filter(({ name }) => names.includes(name));
}

function optionsFor(figure: Figure, names: readonly string[], { colour, axis }: PlotLook): PlotOptions {
  return {
    legend: { show: false },
    cursor: { show: false },
    scales: {
      // Before there is data, uPlot passes null, contrary to its types.
      x: { range: (_chart, _min, max: number | null) => [(max ?? 0) - QUALITY_SPAN_SECONDS, max ?? 0] },
      y: { range: (_chart, _min, max) => [0, Math.max(figure.leastMax, max * 1.1)] },
    },
    axes: [
      axis,
      { ...axis, size: AXIS_PIXELS, values: (_chart, values) => values.map((value) => (value === 0 ? '0' : figure.text(value))) },
    ],
    series: [
      {},
      ...linesNamed(figure, names).map(({ colour: name, look }) => ({
        stroke: colour(name),
        width: 2,
        ...(look === 'dashed' ? { dash: DASHES } : look === 'dotted' ? { dash: [2, 3] } : {}),
      })),
    ],
  };
}
