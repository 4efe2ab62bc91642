/** What the guide says about machines and ports, as data. */
import { type GuideColumns, readColumns } from './guide.ts';
import type { OpenPort } from './internet.ts';
import { CA_NAME } from './public-ca.ts';

export interface PlannedMachine {
  readonly name: string;
  /** The addresses, the public one first. */
  readonly addresses: readonly string[];
  readonly open: readonly OpenPort[];
}

export interface GuidePlan {
  readonly columns: GuideColumns;
  readonly nodes: readonly PlannedMachine[];
  /** The machine whose disk all nodes start from. */
  readonly template: PlannedMachine;
  readonly redis: PlannedMachine;
  readonly prometheus: PlannedMachine;
  /** Everything else: the CA, and a user with a browser. */
  readonly outside: PlannedMachine;
  /** The names in DNS, with their addresses. */
  readonly hosts: Readonly<Record<string, string>>;
}

const REDIS_NAME = 'redis.example.com';
const REDIS_ADDRESS = '203.0.113.80';
const PROMETHEUS_ADDRESS = '10.0.0.5';
const TEMPLATE_ADDRESS = '203.0.113.90';
const OUTSIDE_ADDRESS = '198.51.100.99';

/** Reads the head of the guide. @throws Error – its tables have changed */
export function planMachines(markdown: string): GuidePlan {
  const columns = readColumns(markdown);
  const table = readPortTable(markdown);
  const nodes = [...columns].map(([name, [, , publicAddress = '', privateAddress = '']]) => ({
    name,
    addresses: [publicAddress, privateAddress],
    open: table('the nodes', 'everyone', []).concat(table('the nodes', 'Prometheus', [PROMETHEUS_ADDRESS])),
  }));
  const nodeAddresses = nodes.map(({ addresses: [address = ''] }) => address);
  const dns = [...columns.values()].map(([, name = '', address = '']) => [name, address] as const);
  return {
    columns,
    nodes,
    template: { name: 'template', addresses: [TEMPLATE_ADDRESS], open: [] },
    redis: { name: 'redis', addresses: [REDIS_ADDRESS], open: table('Redis', 'the three nodes', nodeAddresses) },
    prometheus: { name: 'watch', addresses: [PROMETHEUS_ADDRESS], open: [] },
    outside: { name: 'outside', addresses: [OUTSIDE_ADDRESS], open: [] },
    hosts: Object.fromEntries([...dns, [REDIS_NAME, REDIS_ADDRESS], [CA_NAME, OUTSIDE_ADDRESS]]),
  };
}

/** @returns a function that lists what is open on a machine for a given client */
function readPortTable(markdown: string) {
  const rows = [...markdown.matchAll(/^\| (?<machine>[^|]+) \| (?<who>[^|]+) \| (?<at>[^|]*(?:TCP|UDP)[^|]*) \|$/gm)];
  return (machine: 'the nodes' | 'Redis', who: string, from: readonly string[]): readonly OpenPort[] => {
    const isNamed = (text = ''): boolean => (machine === 'Redis' ? text === machine : text.includes('`fra1`'));
    const row = rows.find(({ groups }) => isNamed(groups?.machine) && groups?.who === who)?.groups;
    if (row === undefined) throw new Error(`the guide's table of ports has no line for ${machine} and ${who}`);
    return [...(row.at ?? '').matchAll(/(TCP|UDP) (\d+)/g)].map(([, protocol, port]) => ({
      protocol: protocol === 'UDP' ? 'udp' : 'tcp',
      port: Number(port),
      from,
    }));
  };
}
