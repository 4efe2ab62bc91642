/**
 * Draws what happened on a viewer's path and what the viewer saw: bitrates, queueing delay and standstills, and the height of the picture,
 * one above the other. Chromium is running anyway, so uPlot draws in one of its pages, which is saved as a PNG.
 */
import { createRequire } from 'node:module';
import { launchChromium } from '@causeway/e2e';
import type { SeenFrame } from './figures.ts';
import type { PathSample } from './path-samples.ts';

const UPLOT = createRequire(import.meta.url).resolve('uplot');
const WIDTH = 1000;
const BACKGROUND = '#ffffff';

export interface CallRecord {
  readonly title: string;
  readonly samples: readonly PathSample[];
  /** The frames of the first track. */
  readonly frames: readonly SeenFrame[];
}

interface Series {
  readonly label: string;
  readonly colour: string;
  /** Draws points instead of a line between them. */
  readonly isStepped?: boolean;
  readonly values: readonly (number | null)[];
}

interface Panel {
  readonly title: string;
  readonly height: number;
  /** The time of each sample, counted from the first. */
  readonly seconds: readonly number[];
  readonly series: readonly Series[];
}

/** @param path of the PNG */
export async function savePlot(path: string, record: CallRecord): Promise<void> {
  const browser = await launchChromium();
  try {
    const { page } = await browser.openPage('about:blank');
    await page.setViewportSize({ width: WIDTH + 20, height: 100 });
    await page.addScriptTag({ path: UPLOT.replace(/[^/]+$/, 'uPlot.iife.min.js') });
    await page.addStyleTag({ path: UPLOT.replace(/[^/]+$/, 'uPlot.min.css') });
    await page.evaluate(drawInPage, { title: record.title, width: WIDTH, background: BACKGROUND, panels: panelsOf(record) });
    await page.screenshot({ path, fullPage: true });
  } finally {
    await browser.close();
  }
}

/** The time from the first sample to the last. */
export function panelsOf({ samples, frames }: CallRecord): readonly Panel[] {
  const [{ atMs: fromMs } = { atMs: 0 }] = samples;
  const secondsOf = ({ atMs }: { readonly atMs: number }) => (atMs - fromMs) / 1000;
  const seconds = samples.map(secondsOf);
  const seen = frames.filter(({ atMs }) => atMs >= fromMs);
  const kbpsOf = (bps: number) => (Number.isFinite(bps) && bps > 0 ? bps / 1000 : null);
  return [
    {
      title: 'Bitrates in kbit/s',
      height: 260,
      seconds,
      series: [
        { label: 'capacity', colour: '#555555', isStepped: true, values: samples.map(({ capacityBps }) => kbpsOf(capacityBps)) },
        { label: 'estimate', colour: '#1668c7', values: samples.map(({ estimateBps }) => kbpsOf(estimateBps)) },
        { label: 'delivered', colour: '#1a8a4a', values: samples.map(({ deliveredBps }) => kbpsOf(deliveredBps)) },
      ],
    },
    {
      title: 'Queue in front of the link, in ms',
      height: 160,
      seconds,
      series: [{ label: 'queueing delay', colour: '#b45309', values: samples.map(({ queueMs }) => queueMs) }],
    },
    {
      title: 'Time between frames that the viewer sees, in ms',
      height: 160,
      seconds: seen.map(secondsOf),
      series: [
        {
          label: 'time since the frame before',
          colour: '#b91c1c',
          values: seen.map(({ atMs }, index) => atMs - (seen[index - 1]?.atMs ?? atMs)),
        },
      ],
    },
    {
      title: 'Height of the picture, in lines',
      height: 160,
      seconds: seen.map(secondsOf),
      series: [{ label: 'height', colour: '#6d28d9', isStepped: true, values: seen.map(({ height }) => height) }],
    },
  ];
}

/** This function runs in the page. */
function drawInPage(request: {
  readonly title: string;
  readonly width: number;
  readonly background: string;
  readonly panels: readonly Panel[];
}): void {
  const { title, width, background, panels } = request;
  // biome-ignore lint/suspicious/noExplicitAny: the page has uPlot as a global, without types.
  const { uPlot } = globalThis as any;
  document.body.style.cssText = `margin: 10px; background: ${background}; font-family: sans-serif`;
  const heading = document.createElement('h1');
  heading.style.cssText = 'font-size: 18px; font-weight: 600; margin: 0 0 8px';
  heading.textContent = title;
  const style = document.createElement('style');
  style.textContent = '.u-title { font-size: 14px; font-weight: 600; text-align: left; padding-left: 60px } .uplot { margin-bottom: 12px }';
  document.body.append(style, heading);
  const endSeconds = Math.max(...panels.map(({ seconds }) => seconds.at(-1) ?? 0));
  for (const panel of panels) {
    const series = panel.series.map(({ label, colour, isStepped }) => ({
      label,
      stroke: colour,
      width: 1.5,
      points: { show: false },
      ...(isStepped === true && { paths: uPlot.paths.stepped({ align: 1 }) }),
    }));
    const options = {
      width,
      height: panel.height,
      scales: { x: { time: false, range: [0, endSeconds] }, y: { range: [0, null] } },
      title: panel.title,
      axes: [{ size: 28 }, { size: 60 }],
      series: [{ label: 's' }, ...series],
      legend: { show: series.length > 1, live: false },
      cursor: { show: false },
    };
    new uPlot(options, [panel.seconds, ...panel.series.map(({ values }) => values)], document.body);
  }
}
