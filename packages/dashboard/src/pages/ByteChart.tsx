import { useMemo } from 'react';
import uPlot from 'uplot';
import { type ByteReading, sizeText } from '../service/received-bytes.ts';
import type { BarSpan } from '../service/usage-range.ts';
import { Plot, type PlotLook, type PlotOptions } from './Plot.tsx';

const AXIS_PIXELS = 64;
const MS_PER_SECOND = 1_000;

interface ByteChartProps {
  readonly readings: readonly ByteReading[];
  /** Describes the chart for screen readers. */
  readonly label: string;
  /** Present if a reading covers one span of time instead of everything since the first reading. */
  readonly bars?: BarSpan;
}

/** A chart of bytes over time. The table beside it has the same figures. */
export function ByteChart({ readings, label, bars }: ByteChartProps) {
  const { fromSeconds, toSeconds = 0, stepSeconds = 0 } = bars ?? {};
  const options = useMemo(() => {
    const span = fromSeconds === undefined ? undefined : { fromSeconds, toSeconds, stepSeconds };
    return (look: PlotLook) => optionsFor(look, span);
  }, [fromSeconds, toSeconds, stepSeconds]);
  const data = useMemo<uPlot.AlignedData>(
    () => [readings.map(({ atSeconds }) => atSeconds), readings.map(({ totalBytes }) => totalBytes)],
    [readings],
  );
  return <Plot label={label} options={options} data={data} />;
}

/** The share of its time span that a bar fills. */
const BAR_SIZE: [share: number] = [0.9];
/** Bars begin at the start of their time span. */
const RIGHT_OF_ITS_TIME = 1;
/** The number of bars between two marks of the axis, depending on the available width. */
const BARS_PER_MARK = [1, 2, 3, 6, 12, 24];

/** @param span the range of the bars; undefined for a line, which covers its readings */
function optionsFor({ colour, axis }: PlotLook, span: BarSpan | undefined): PlotOptions {
  const paths = uPlot.paths.bars?.({ size: BAR_SIZE, align: RIGHT_OF_ITS_TIME });
  const bar = { points: { show: false }, ...(paths === undefined ? {} : { paths }) };
  // Marks are only between bars.
  const timeAxis = span === undefined ? axis : { ...axis, incrs: BARS_PER_MARK.map((bars) => bars * span.stepSeconds) };
  return {
    // Bars are of hours and days in UTC, and the axis must name them as the table beside it does.
    ...(span === undefined ? {} : { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * MS_PER_SECOND), 'Etc/UTC') }),
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: span === undefined ? {} : { range: () => [span.fromSeconds, span.toSeconds] },
      y: { range: (_chart, _min, max) => [0, Math.max(1_000, max * 1.1)] },
    },
    axes: [
      timeAxis,
      { ...axis, size: AXIS_PIXELS, values: (_chart, values) => values.map((value) => (value === 0 ? '0' : sizeText(value))) },
    ],
    series: [{}, span ? { ...bar, stroke: colour('--accent'), fill: colour('--accent') } : { stroke: colour('--accent'), width: 2 }],
  };
}
