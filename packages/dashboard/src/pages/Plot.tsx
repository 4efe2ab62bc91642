import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** Colours and axes of the present scheme, for the options of a chart. */
export interface PlotLook {
  /** Looks up a colour of `tokens.css` for each drawing, because the colour scheme may change. */
  readonly colour: (name: string) => () => string;
  readonly axis: uPlot.Axis;
}

export type PlotOptions = Omit<uPlot.Options, 'width' | 'height'>;

interface PlotProps {
  /** Describes the chart for screen readers. */
  readonly label: string;
  /** A new function makes a new chart. */
  readonly options: (look: PlotLook) => PlotOptions;
  readonly data: uPlot.AlignedData;
}

/** A chart that follows the size of its container, which the style sheet sets. */
export function Plot({ label, options, data }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const size = () => ({ width: element.clientWidth, height: element.clientHeight });
    const described = options(lookOf(element));
    const nothing = described.series.map(() => []) as unknown as uPlot.AlignedData;
    const made = new uPlot({ ...described, ...size() }, nothing, element);
    chart.current = made;
    const sized = new ResizeObserver(() => made.setSize(size()));
    sized.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => made.redraw();
    scheme.addEventListener('change', redraw);
    return () => {
      sized.disconnect();
      scheme.removeEventListener('change', redraw);
      made.destroy();
      chart.current = undefined;
    };
  }, [options]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart must be given its data, too
  useEffect(() => chart.current?.setData(data), [data, options]);
  return <div ref={place} className="chart" role="img" aria-label={`Chart: ${label}`} />;
}

function lookOf(element: HTMLElement): PlotLook {
  const colour = (name: string) => () => getComputedStyle(element).getPropertyValue(name).trim();
  return {
    colour,
    axis: {
      stroke: colour('--ink-soft'),
      font: '12px system-ui',
      grid: { stroke: colour('--rule'), width: 1 },
      ticks: { stroke: colour('--rule'), width: 1 },
    },
  };
}
