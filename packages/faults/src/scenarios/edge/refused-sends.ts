import { setTimeout as sleep } from 'node:timers/promises';
import { UDP_PORT } from '../../edge/edge-node.ts';
import type { Side } from '../../room/namespace-room.ts';
import { exactly, type Finding } from '../finding.ts';
import type { EdgeScenario } from '../scenario.ts';
import { EdgeCall, movingAgain } from './edge-call.ts';
import type { EdgeLab } from './edge-lab.ts';

const MOVING_WITHIN_MS = 2_000;
const REFUSED_MS = 3_000;

interface Refusal {
  readonly what: string;
  readonly side: Side;
  readonly hook: 'input' | 'output';
  readonly rule: string;
}

const REFUSALS: readonly Refusal[] = [
  { what: 'every third send fails (EPERM)', side: 'node', hook: 'output', rule: `udp sport ${UDP_PORT} numgen random mod 3 == 0 drop` },
  { what: 'every send fails (EPERM)', side: 'node', hook: 'output', rule: `udp sport ${UDP_PORT} drop` },
  {
    what: 'every datagram is answered with ICMP port unreachable (ECONNREFUSED)',
    side: 'clients',
    hook: 'input',
    rule: `udp sport ${UDP_PORT} reject with icmpx type port-unreachable`,
  },
  {
    what: 'every datagram is answered with ICMP host prohibited (EHOSTUNREACH)',
    side: 'clients',
    hook: 'input',
    rule: `udp sport ${UDP_PORT} reject with icmp type host-prohibited`,
  },
];

/** A firewall that refuses datagrams costs only those. */
export const refusedSends: EdgeScenario = {
  place: 'edge',
  name: 'refused-sends',
  covers: ['E5'],
  title: 'A firewall that refuses what the node sends, at once or by ICMP',
  async run(lab) {
    await lab.startNode();
    const call = await EdgeCall.open(lab, { publishers: 2, watchers: 4 });
    const findings: Finding[] = [];
    for (const refusal of REFUSALS) findings.push(...(await refuse(lab, call, refusal)));
    return [...findings, ...(await lab.verdict())];
  },
};

async function refuse(lab: EdgeLab, call: EdgeCall, { what, side, hook, rule }: Refusal): Promise<Finding[]> {
  await call.beginWindow();
  await lab.room.filter(side, hook, rule);
  await sleep(REFUSED_MS);
  await lab.room.unfilter(side);
  const recovery = await movingAgain(call, MOVING_WITHIN_MS);
  const { audio, video } = await call.report();
  return [
    exactly(`${what}: something was lost`, audio.lost + video.lost > 0 ? 'yes' : 'no', 'yes'),
    ...recovery.map((finding) => ({ ...finding, what: `${what}: ${finding.what}` })),
  ];
}
