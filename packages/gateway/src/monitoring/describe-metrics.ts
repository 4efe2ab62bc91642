import { METRICS } from './metrics.ts';

/** The rows of the table in `docs/metrics.md`, one for each metric, without the header. */
export function describeMetricsInMarkdown(): string[] {
  return METRICS.map(({ name, type, labels, help }) => {
    const shownLabels = labels.length === 0 ? '' : labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${shownLabels} | ${help} |`;
  });
}
