/** Checks whether clients can reach the addresses that the node announces. */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { SocketAddress } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import { isOwnNetwork } from '../config/own-networks.ts';
import { askStun } from './ask-stun.ts';
import { type Finding, ok, problem, skipped, warning } from './finding.ts';

const CHECK = 'announced address';

type AddressConfig = Pick<Config, 'announcedAddresses' | 'listenAddress'>;

/** @param outside STUN servers on other machines, such as the media ports of other nodes */
export async function checkAddress(config: AddressConfig, outside: readonly SocketAddress[]): Promise<Finding> {
  const announced = announcedBy(config);
  const list = announced.join(', ');
  if (announced.length === 0)
    return problem(CHECK, 'this machine has no address that clients could be told', 'CAUSEWAY_ANNOUNCED_ADDRESS=…');
  const seen = (await Promise.all(outside.map(askStun))).find((address) => address !== undefined);
  const isPrivate = announced.every(isOwnNetwork);
  if (seen === undefined) {
    const advice = 'causeway doctor --from stun:HOST:PORT asks a node elsewhere, whose media port answers';
    if (isPrivate)
      return warning(CHECK, `clients are told ${list}, which the internet does not reach`, `CAUSEWAY_ANNOUNCED_ADDRESS=…; ${advice}`);
    return skipped(CHECK, `clients are told ${list}; no machine elsewhere was asked how it sees this one`, advice);
  }
  if (announced.includes(seen)) return ok(CHECK, `clients are told ${list}, and from elsewhere this machine is seen as ${seen}`);
  if (isOwnNetwork(seen)) return ok(CHECK, `clients are told ${list}; within its network this machine is seen as ${seen}`);
  return problem(
    CHECK,
    `clients are told ${list}, and from elsewhere this machine is seen as ${seen}`,
    `CAUSEWAY_ANNOUNCED_ADDRESS=${seen}`,
  );
}

/** Returns the addresses that the node puts into its candidates. */
function announcedBy({ announcedAddresses, listenAddress }: AddressConfig): readonly string[] {
  if (announcedAddresses.length > 0) return announcedAddresses;
  const isOne = listenAddress !== undefined && isIP(listenAddress) !== 0 && listenAddress !== '0.0.0.0' && listenAddress !== '::';
  if (isOne) return [listenAddress];
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0).map(({ address }) => address);
}
