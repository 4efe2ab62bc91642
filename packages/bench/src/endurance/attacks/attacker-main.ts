/** The attacker, which mounts one attack and reports what came of it. */
import { createLoadApi, type RemoteTrack, type SfuAddress } from '@causeway/loadtest';
import { createSecureSuite } from '@causeway/secure';
import { playAdversary } from '../adversary.ts';
import type { AttackReport } from './attack.ts';
import { ATTACKS } from './attacks.ts';

export interface AttackTask {
  readonly name: string;
  readonly address: SfuAddress;
  readonly udpPort: number;
  readonly track: RemoteTrack;
  readonly durationMs: number;
}

playAdversary<AttackTask, AttackReport>(async ({ name, address, ...rest }) => {
  const attack = ATTACKS.find((candidate) => candidate.name === name);
  if (attack === undefined) throw new Error(`There is no attack "${name}"`);
  return attack.mount({ ...rest, api: createLoadApi(address), suite: await createSecureSuite() });
});
