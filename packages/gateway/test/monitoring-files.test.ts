/** The dashboard and the alert rules of `infra/monitoring` ask for nothing that a node does not report. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrometheusText } from '../src/monitoring/metric.ts';
import { METRICS } from '../src/monitoring/metrics.ts';
import { SAMPLE_INSPECTION } from './support/sample-inspection.ts';

const FOLDER = join(__dirname, '../../../infra/monitoring');

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(readFileSync(join(FOLDER, 'grafana.json'), 'utf8')) as { readonly panels: readonly Panel[] };
const alerts = readFileSync(join(FOLDER, 'alerts.yml'), 'utf8');

/** Names of time series, as a scrape shows them, each with the labels that it has. */
const series = new Map<string, Set<string>>();
for (const [, name = '', labels = ''] of writePrometheusText(METRICS, SAMPLE_INSPECTION).matchAll(/^([a-z_]+)(?:\{(.*)\})? /gm))
  series.set(name, new Set([...(series.get(name) ?? []), ...[...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)]));
/** Labels that Prometheus adds to everything that it scrapes. */
const OF_THE_SCRAPE = ['instance', 'job', 'region'];

/** What a query asks for: each series with the labels that it selects by. */
function selectorsOf(query: string): readonly (readonly [name: string, labels: readonly string[]])[] {
  return [...query.matchAll(/\b((?:causeway|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name = '', labels = '']) => [name, [...labels.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label)] as const,
  );
}

function expectToExist(query: string): void {
  const selectors = selectorsOf(query);
  expect([query, selectors.length]).not.toEqual([query, 0]);
  for (const [name, labels] of selectors) {
    expect([query, name, series.has(name)]).toEqual([query, name, true]);
    for (const label of labels)
      expect([query, label, series.get(name)?.has(label) || OF_THE_SCRAPE.includes(label)]).toEqual([query, label, true]);
  }
}

test('every query of the dashboard names series and labels that exist', () => {
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

  expect(queries.length).toBeGreaterThan(20);
  for (const query of queries) expectToExist(query);
});

test('every panel has a title and an id of its own', () => {
  const { panels } = dashboard;

  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
});

test('every alert asks for series that exist, but for the one that Prometheus itself reports', () => {
  const expressions = [...alerts.matchAll(/^ +expr: (?:>\n)?(.*?)^ +(?:for|labels):/gms)].map(([, expression = '']) => expression.trim());

  expect(expressions).toHaveLength([...alerts.matchAll(/- alert:/g)].length);
  for (const expression of expressions) if (!expression.startsWith('up{')) expectToExist(expression);
});

test('all four histograms are on the dashboard', () => {
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n');

  for (const { name, type } of METRICS) if (type === 'histogram') expect(queries).toContain(`${name}_bucket`);
});
