import { UDP_PORT } from '../../edge/edge-node.ts';
import { NODE_ADDRESSES, type Side } from '../../room/namespace-room.ts';
import { atLeast, type Finding } from '../finding.ts';
import type { EdgeScenario } from '../scenario.ts';
import { EdgeCall, losslessCall } from './edge-call.ts';
import type { EdgeLab } from './edge-lab.ts';

const SHORT = { datagrams: 5_000, withinMs: 4_000 } as const;
const WHOLE = { datagrams: 15_000, withinMs: 10_000 } as const;

/** Datagrams that no honest system would send cost nothing but themselves. */
export const forgedStorm = stormScenario('forged-storm', 1);
export const forgedStormWorkers = stormScenario('forged-storm-2', 2);

function stormScenario(name: string, workers: number): EdgeScenario {
  return {
    place: 'edge',
    name,
    covers: ['E1'],
    title: `Forged datagrams from all ports, port 0 included, and from addresses that nobody can have, on ${workers === 1 ? 'one thread' : `${workers} threads`}`,
    async run(lab, thoroughness) {
      await lab.startNode({ workers });
      const call = await EdgeCall.open(lab, { publishers: 2, watchers: 4 });
      const findings: Finding[] = [];
      // The kernel stops the least plausible sources at the cable; sent from inside, they reach the node.
      for (const side of ['clients', 'node'] as const) {
        await call.beginWindow();
        findings.push(await rage(lab, side, thoroughness === 'whole' ? WHOLE : SHORT));
        findings.push(...(await losslessCall(side === 'node' ? 'while it came from inside' : 'while it came over the wire', call)));
      }
      const unsendable = await lab.node.metric('causeway_packets_dropped_total{reason="unsendable-address"}');
      return [...findings, atLeast('packets dropped because nobody can be answered there', unsendable, 1_000), ...(await lab.verdict())];
    },
  };
}

async function rage(lab: EdgeLab, side: Side, { datagrams, withinMs }: typeof SHORT | typeof WHOLE): Promise<Finding> {
  const told = await lab.audience.ask('told');
  const victims = told.flatMap(({ sockets }) => sockets).map((socket) => socket.split('#'));
  const { sent, refused } = await lab.inside(side).ask('storm', {
    target: NODE_ADDRESSES.ipv4,
    targetPort: UDP_PORT,
    datagrams,
    seed: lab.seed,
    victims: victims.map(([address = '', port]) => ({ address, port: Number(port) })),
    withinMs,
  });
  return atLeast(
    `forged packets sent ${side === 'node' ? 'from inside' : 'over the wire'} (the system refused ${refused})`,
    sent,
    0.9 * datagrams,
  );
}
