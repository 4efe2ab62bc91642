import { readFileSync } from 'node:fs';
import { fillIn, PLACEHOLDERS, planMachines, readColumns, readExpectedOutputs, readGuide } from '@causeway/faults';
import { PROJECT_ROOT } from '@causeway/lab';

const GUIDE = readFileSync(`${PROJECT_ROOT}/docs/operate/three-machines.md`, 'utf8');

describe('docs/operate/three-machines.md', () => {
  it('is commands and files, section by section, with nothing else between fences', () => {
    const sections = readGuide(GUIDE).filter(({ steps }) => steps.length > 0);

    expect(sections.map(({ title }) => title)).toEqual(['1. Redis', '2. Each node', '3. Is it one service?', '4. Watch it']);
    expect(sections.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'file' ? [`${step.path} ${step.mode}`] : [])))).toEqual([
      '/etc/redis/causeway.conf 640',
      '/etc/causeway/causeway.env 600',
      '/etc/prometheus/causeway-token 640',
    ]);
  });

  it('names machines, addresses and ports as tables', () => {
    const { nodes, redis, hosts } = planMachines(GUIDE);

    expect(nodes.map(({ name, addresses }) => [name, ...addresses])).toEqual([
      ['fra1', '203.0.113.7', '10.0.0.7'],
      ['nyc1', '198.51.100.7', '10.0.0.8'],
      ['sin1', '192.0.2.7', '10.0.0.9'],
    ]);
    expect(nodes[0]?.open).toEqual([
      { protocol: 'tcp', port: 443, from: [] },
      { protocol: 'tcp', port: 80, from: [] },
      { protocol: 'udp', port: 8081, from: [] },
      { protocol: 'tcp', port: 9464, from: ['10.0.0.5'] },
    ]);
    expect(redis.open).toEqual([{ protocol: 'tcp', port: 6380, from: ['203.0.113.7', '198.51.100.7', '192.0.2.7'] }]);
    expect(hosts).toMatchObject({ 'sin1.example.com': '192.0.2.7' });
  });

  it('gives each machine values of its own, and secrets in place of the words for them', () => {
    const columns = readColumns(GUIDE);
    const words = Object.fromEntries(PLACEHOLDERS.map((word) => [word, word.toLowerCase()]));
    const [, nodes] = readGuide(GUIDE);
    const file = nodes?.steps.find((step) => step.kind === 'file');
    const text = fillIn(file?.text ?? '', columns, 'sin1', words);

    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'CAUSEWAY_REDIS_URL=rediss://causeway:redis_password@redis.example.com:6380',
        'CAUSEWAY_CLUSTER_KEY=cluster_key',
        'CAUSEWAY_APP_SECRET=app_secret',
        'CAUSEWAY_NODE=103',
        'CAUSEWAY_REGION=singapore',
        'CAUSEWAY_LOCATION=1.35,103.82',
        'CAUSEWAY_ANNOUNCED_ADDRESS=192.0.2.7',
        'CAUSEWAY_INTERNAL_URL=https://sin1.example.com',
        'CAUSEWAY_METRICS_LISTEN=10.0.0.9:9464',
      ]),
    );
    expect(text).not.toMatch(/fra1|203\.0\.113|frankfurt/);
  });

  it('says what its questions are answered with', () => {
    const [, , questions] = readGuide(GUIDE);
    const answers = (questions?.steps ?? []).flatMap(({ kind, text }) => (kind === 'commands' ? readExpectedOutputs(text) : []));

    expect(answers.map(({ output }) => output)).toEqual(['{"status":"ready"}', '2', '[]']);
    expect(answers[0]?.command).toBe('curl -sS https://fra1.example.com/readyz');
  });
});

it('a block that is neither commands nor a file is refused', () => {
  expect(() => readGuide('## 1. One\n\n```conf\nport 0\n```\n')).toThrow('neither commands nor a file');
});
