import { setTimeout as sleep } from 'node:timers/promises';
import { atLeast, atMost, exactly, type Finding } from '../finding.ts';
import { timeUntil } from '../lab.ts';
import type { EdgeScenario } from '../scenario.ts';
import { EdgeCall, type KindReport, movingAgain } from './edge-call.ts';
import type { EdgeLab } from './edge-lab.ts';

/** With audio and the headers of SRTP, UDP and IP, this is 1.23 Mbit/s for each subscriber of each publisher. */
const VIDEO = { videoPacketsPerSecond: 118, videoPacketBytes: 1_200 } as const;
const LOADS = {
  /** 25 Mbit/s for an uplink of 8, which a machine that is busy otherwise carries as well. */
  short: { publishers: 2, watchers: 10, rateBps: 8_000_000, forMs: 6_000 },
  /** 99 Mbit/s for an uplink of 40. */
  whole: { publishers: 4, watchers: 20, rateBps: 40_000_000, forMs: 11_000 },
} as const;
/** A queue longer than what all sockets together may have under way, so that the sockets are full, and the node is told. */
const QUEUE_BYTES = 16_000_000;
/** With less, the uplink would not have been full. */
const LEAST_LOSS_PERCENT = 15;
const MOVING_WITHIN_MS = 2_000;
const MEMORY_GROWTH_MIB = 50;
const MIB = 1 << 20;
const SAMPLE_MS = 500;
/** Buffers, heap and compiled code have grown to what the load needs after this time. */
const WARM_AFTER_MS = 6_000;

/** What does not fit into the uplink is dropped, and nothing else happens. */
export const fullUplink = uplinkScenario('full-uplink', { workers: 1, ffi: 'with' });
export const fullUplinkWorkers = uplinkScenario('full-uplink-2', { workers: 2, ffi: 'with' });
export const fullUplinkAlone = uplinkScenario('full-uplink-no-ffi', { workers: 1, ffi: 'without' });
export const fullUplinkWorkersAlone = uplinkScenario('full-uplink-2-no-ffi', { workers: 2, ffi: 'without' });

function uplinkScenario(name: string, node: { readonly workers: 1 | 2; readonly ffi: 'with' | 'without' }): EdgeScenario {
  const threads = node.workers === 1 ? 'one thread' : `${node.workers} threads`;
  return {
    place: 'edge',
    name,
    covers: ['E2'],
    title: `Twice as much media as the uplink carries, on ${threads}, ${node.ffi} FFI`,
    async run(lab, thoroughness) {
      await lab.startNode(node);
      const { publishers, watchers, rateBps, forMs } = LOADS[thoroughness];
      const call = await EdgeCall.open(lab, { publishers, watchers, ...VIDEO });
      lab.note('everybody has joined');
      await sleep(WARM_AFTER_MS);
      const beforeBytes = await lab.node.residentBytes();
      await lab.room.shapeUplink({ rateBps, queueBytes: QUEUE_BYTES });
      lab.note('the uplink is narrow');
      await call.beginWindow();
      const mostBytes = await watchMemory(lab, forMs);
      await lab.room.unshapeUplink();
      lab.note('the uplink is wide again');
      const recovery = await movingAgain(call, MOVING_WITHIN_MS);
      return [
        ...lossFindings(await call.report()),
        atLeast('datagrams that the system refused because a buffer was full', await refusedDatagrams(lab), 1),
        ...memoryFindings(beforeBytes, Math.max(mostBytes, await lab.node.residentBytes())),
        ...recovery,
        ...(await lab.verdict()),
      ];
    },
  };
}

/** Reads the datagrams that a full send buffer refused. @see proc_net_snmp, `SndbufErrors` */
async function refusedDatagrams({ room }: EdgeLab): Promise<number> {
  return (await room.udpCounters('node')).get('SndbufErrors') ?? 0;
}

/** @returns the most memory that the node had while it was watched */
async function watchMemory(lab: EdgeLab, forMs: number): Promise<number> {
  let mostBytes = 0;
  const look = async (): Promise<boolean> => {
    mostBytes = Math.max(mostBytes, await lab.node.residentBytes());
    return false;
  };
  await timeUntil(look, forMs, SAMPLE_MS);
  return mostBytes;
}

function lossFindings({ audio, video }: Readonly<Record<'audio' | 'video', KindReport>>): Finding[] {
  const [audioLoss, videoLoss] = [audio, video].map(({ lost, expected }) => (100 * lost) / Math.max(1, expected)) as [number, number];
  return [
    atLeast(`video lost until everybody sees again, of ${video.expected} packets`, videoLoss, LEAST_LOSS_PERCENT, '%'),
    atMost(`audio lost, of ${audio.expected} packets: less than video`, audioLoss, videoLoss, '%'),
    exactly('packets received twice', audio.duplicates + video.duplicates, 0),
  ];
}

function memoryFindings(beforeBytes: number, mostBytes: number): Finding[] {
  const grownMib = (mostBytes - beforeBytes) / MIB;
  return [
    atMost(`resident memory beyond the ${Math.round(beforeBytes / MIB)} MiB of before, at most`, grownMib, MEMORY_GROWTH_MIB, ' MiB'),
  ];
}
