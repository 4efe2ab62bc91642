/** Random loss on one UDP port, caused by the kernel's packet filter in the network namespace of this process. */
import { execFileSync } from 'node:child_process';

const TABLE = ['inet', 'causeway_loss'] as const;
const PER_MILLE = 1000;
/** The kernel's default. */
const MAX_TRAIN = 65_535;

/** Datagrams that were dropped on the way to the port and from it. */
export interface LossCounts {
  readonly toPort: number;
  readonly fromPort: number;
}

export interface LossyPort {
  readCounts(): LossCounts;
  /** Ends the loss. */
  heal(): void;
}

/**
 * Lets the kernel drop a share of the datagrams to the port, and the same share of those from it, each at random.
 *
 * @throws Error – this process may not change the packet filter, or there is no `nft` or `ip`; the message contains its output
 */
export function loseDatagrams(port: number, share: number): LossyPort {
  nft('add', 'table', ...TABLE);
  nft('add', 'chain', ...TABLE, 'arrivals', '{ type filter hook input priority 0; }');
  const throwOfDice = ['numgen', 'random', 'mod', String(PER_MILLE), '<', String(Math.round(share * PER_MILLE)), 'counter', 'drop'];
  limitTrains(1);
  for (const side of ['dport', 'sport']) nft('add', 'rule', ...TABLE, 'arrivals', 'udp', side, String(port), ...throwOfDice);
  return { readCounts, heal };
}

function heal(): void {
  nft('delete', 'table', ...TABLE);
  limitTrains(MAX_TRAIN);
}

/**
 * Sets how many datagrams reach the packet filter as one if the node sends them as a train. On a network, each is lost
 * separately.
 */
function limitTrains(datagrams: number): void {
  execFileSync('ip', ['link', 'set', 'dev', 'lo', 'gso_max_segs', String(datagrams)]);
}

function readCounts(): LossCounts {
  const [toPort = 0, fromPort = 0] = [...nft('list', 'table', ...TABLE).matchAll(/packets (\d+) bytes/g)].map(([, packets]) =>
    Number(packets),
  );
  return { toPort, fromPort };
}

function nft(...words: readonly string[]): string {
  return execFileSync('nft', words, { encoding: 'utf8' });
}
