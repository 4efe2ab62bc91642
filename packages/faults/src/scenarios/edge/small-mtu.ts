import { setTimeout as sleep } from 'node:timers/promises';
import { exactly, type Finding } from '../finding.ts';
import type { EdgeScenario } from '../scenario.ts';
import { EdgeCall, losslessCall } from './edge-call.ts';

/** The smallest MTU that IPv6 permits. */
const MTU_BYTES = 1_280;
/** With SRTP's tag and the headers of UDP and IP, these packets exceed the MTU, but not 1,500 bytes. */
const PACKET_BYTES = 1_400;
const WATCHED_MS = 3_000;
const UNDER_WAY_MS = 300;

export const smallMtu = mtuScenario('mtu-1280', 'ipv4');
export const smallMtuIpv6 = mtuScenario('mtu-1280-ipv6', 'ipv6');

/** The system fragments media that does not fit. The fragments are reassembled, and the packets are judged as a whole. */
function mtuScenario(name: string, family: 'ipv4' | 'ipv6'): EdgeScenario {
  return {
    place: 'edge',
    name,
    covers: ['E7'],
    title: `Packets of ${PACKET_BYTES} bytes on a link that takes ${MTU_BYTES}, over ${family === 'ipv4' ? 'IPv4' : 'IPv6'}`,
    async run(lab) {
      await lab.startNode({ family });
      const call = await EdgeCall.open(lab, { publishers: 2, watchers: 3, videoPacketBytes: PACKET_BYTES });
      const findings: Finding[] = [];
      for (const when of ['before', 'afterwards'] as const) {
        if (when === 'afterwards') {
          await lab.room.setMtu(MTU_BYTES);
          // What is under way while one end of the cable has changed and the other has not is lost.
          await sleep(UNDER_WAY_MS);
        }
        await call.beginWindow();
        await sleep(WATCHED_MS);
        findings.push(...(await losslessCall(when, call)));
      }
      const { fragments, verdict } = await lab.verdictWithFragments();
      return [...findings, exactly('the node sent fragments', fragments > 0 ? 'yes' : 'no', 'yes'), ...verdict];
    },
  };
}
