/**
 * Checks whether a running node bills what it sends: its own counts, what left on the wire, and what receivers report are counted
 * independently, and must agree.
 */
import type { Config } from '../config/load-config.ts';
import { OPTIONS } from '../config/options.ts';
import { type Finding, ok, problem, skipped, warning } from './finding.ts';

const ANSWER_WITHIN_MS = 3_000;
const CHECK = 'metering';
/** How far the counts may be apart, as a share and in packets that are on their way while they are read. */
const TOLERATED_SHARE = 0.005;
const TOLERATED_PACKETS = 1_000;
const TOLERATED_BYTES = 10_000_000;
/** A single client can lie about what it has received, whereas a defect shows in many subscriptions. */
const LEAST_DEVIATING = 3;
const DEVIATING_SHARE = 0.05;
const MEND =
  'keep the output of /metrics of the debug port and the log, report the defect, and compare bills of this node with what clients have received';

/** What a node has counted since it started. */
export interface MeteredCounts {
  readonly countedPackets: number;
  readonly repeatedPackets: number;
  readonly chargedBytes: number;
  /** The charged bytes that were handed to the ledger. */
  readonly ledgerBytes: number;
  /** RTP bytes that apps are said to have published, and all that arrived. */
  readonly publishedBytes: number;
  readonly arrivedBytes: number;
  /** Without probes, which are not charged. */
  readonly wirePackets: number;
  readonly wireBytes: number;
  readonly agreeing: number;
  readonly deviating: number;
}

export async function checkMetering({ debugPort }: Pick<Config, 'debugPort'>): Promise<Finding> {
  const { variable } = OPTIONS.debugPort;
  if (debugPort === undefined || debugPort === 0)
    return skipped(CHECK, 'the counts of the node cannot be read without a debug port', `${variable}=9100`);
  const url = `http://127.0.0.1:${debugPort}/metrics`;
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (reply.status !== 200) return skipped(CHECK, `${url} answers ${reply.status}`, `${variable} must be that of a running node`);
    const counts = readCounts(await reply.text());
    return counts === undefined
      ? skipped(CHECK, `${url} does not have the counts`, 'update the node that runs, and then the doctor')
      : judgeMetering(counts);
  } catch {
    return skipped(CHECK, 'no node is running here', 'run the doctor again while the node runs');
  }
}

/** Says whether the counts of a node agree with each other. */
export function judgeMetering(counts: MeteredCounts): Finding {
  const { countedPackets, repeatedPackets, chargedBytes, ledgerBytes, publishedBytes, arrivedBytes, agreeing, deviating } = counts;
  const { wirePackets, wireBytes } = counts;
  const tolerated = wirePackets * TOLERATED_SHARE + TOLERATED_PACKETS;
  if (countedPackets > wirePackets + tolerated) {
    return problem(CHECK, `${countedPackets} packets are counted for the bill, but only ${wirePackets} left the node`, MEND);
  }
  if (chargedBytes > wireBytes) return problem(CHECK, `${chargedBytes} bytes are charged, but only ${wireBytes} left the node`, MEND);
  if (publishedBytes > arrivedBytes)
    return problem(CHECK, `${publishedBytes} bytes are counted as published, but only ${arrivedBytes} arrived`, MEND);
  if (Math.abs(chargedBytes - ledgerBytes) > chargedBytes * TOLERATED_SHARE + TOLERATED_BYTES) {
    return problem(CHECK, `${chargedBytes} bytes are charged, and ${ledgerBytes} were handed to the ledger`, MEND);
  }
  if (countedPackets + repeatedPackets < wirePackets - tolerated) {
    return problem(CHECK, `${wirePackets} packets left the node, but only ${countedPackets + repeatedPackets} are counted`, MEND);
  }
  const judged = agreeing + deviating;
  const fact = `the receivers of ${deviating} of ${judged} subscriptions report other numbers of packets than are counted`;
  if (deviating >= LEAST_DEVIATING && deviating > judged * DEVIATING_SHARE) return problem(CHECK, fact, MEND);
  if (deviating > 0) return warning(CHECK, fact, 'nothing, unless there are more: a client may report what it likes');
  const apart = wirePackets === 0 ? 0 : Math.abs(1 - (countedPackets + repeatedPackets) / wirePackets);
  return ok(
    CHECK,
    `${countedPackets + repeatedPackets} packets are counted and ${wirePackets} left the node (${(apart * 100).toFixed(2)}% apart); the receivers of ${judged} subscriptions agree`,
  );
}

/** @returns undefined if one of the counts is missing, as with a node of another version */
function readCounts(metrics: string): MeteredCounts | undefined {
  const read = (sample: string): number => {
    const line = metrics.split('\n').find((text) => text.startsWith(`${sample} `));
    return line === undefined ? Number.NaN : Number(line.slice(sample.length));
  };
  const usage = (metric: string): string => `causeway_usage_bytes_total{metric="${metric}"}`;
  const probes = read('causeway_probe_packets_total');
  const counts = {
    countedPackets: read('causeway_metered_packets_total{kind="counted"}'),
    repeatedPackets: read('causeway_metered_packets_total{kind="repeated"}'),
    chargedBytes: read('causeway_metered_bytes_total'),
    ledgerBytes: read(usage('down')) + read(usage('relay')) + read(usage('retransmitted')),
    publishedBytes: read(usage('up')),
    arrivedBytes: read('causeway_rtp_received_bytes_total'),
    wirePackets: read('causeway_rtp_sent_packets_total') - probes,
    wireBytes: read('causeway_rtp_sent_bytes_total'),
    agreeing: read('causeway_metered_subscriptions{verdict="agrees"}'),
    deviating: read('causeway_metered_subscriptions{verdict="deviates"}'),
  };
  return Object.values(counts).some(Number.isNaN) ? undefined : counts;
}
