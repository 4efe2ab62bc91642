/** Divides the clients of Redis into two sides that cannot reach each other, by the user that they run as. Needs root and nftables. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TABLE = 'causeway_faults';

export interface RedisPartition {
  /** Everything that runs as this user is on one side, everything else on the other. */
  readonly uid: number;
  /** TCP ports of the servers on the user's side, and on the other side. */
  readonly ownPorts: readonly number[];
  readonly otherPorts: readonly number[];
}

/** Drops what one side sends to the other from now on, like a cut cable. */
export async function beginPartition({ uid, ownPorts, otherPorts }: RedisPartition): Promise<void> {
  const rules = [
    `add table inet ${TABLE}`,
    `add chain inet ${TABLE} output { type filter hook output priority 0 ; }`,
    `add rule inet ${TABLE} output meta skuid != ${uid} tcp dport { ${ownPorts.join(', ')} } drop`,
    `add rule inet ${TABLE} output meta skuid ${uid} tcp dport { ${otherPorts.join(', ')} } drop`,
  ];
  for (const rule of rules) await run('nft', rule.split(' '));
}

/** Ends the partition, if there is one. */
export async function endPartition(): Promise<void> {
  await run('nft', ['delete', 'table', 'inet', TABLE]).catch(() => undefined);
}
