import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { LedgerAuthority, type LedgerLife, type LedgerSigner } from '@causeway/accounts';
import type { Cluster } from '@causeway/cluster';
import type { Config } from '../config/load-config.ts';
import type { Logger } from '../logging/logger.ts';
import { keptSecret } from '../secrets/kept-secret.ts';

/** How a node signs its ledger. */
export interface NodeLedger {
  /** The public key that certifies the keys of nodes. */
  readonly authority: string;
  readonly signer: LedgerSigner;
}

export interface LedgerSetup {
  readonly config: Pick<Config, 'tokenKey' | 'books'>;
  readonly cluster: Pick<Cluster, 'ledgerSecret'> | undefined;
  readonly life: LedgerLife;
  readonly logger: Logger;
}

const SECRET_SIZE_BYTES = 32;

/** Creates the ledger key of this life of the node. All nodes of a cluster have the same authority; a standalone node has its own. */
export async function openLedger({ config, cluster, life, logger }: LedgerSetup): Promise<NodeLedger> {
  const secret = cluster?.ledgerSecret ?? (await standaloneSecret(config, logger));
  const authority = new LedgerAuthority(secret);
  return { authority: authority.publicKey, signer: authority.createSigner(life) };
}

/** Returns a secret that outlives a standalone node: the operator's key, or one in a file beside the books. */
async function standaloneSecret({ tokenKey, books }: LedgerSetup['config'], logger: Logger): Promise<KeyObject> {
  if (tokenKey !== undefined) return createSecretKey(Buffer.from(tokenKey, 'utf8'));
  if (books?.kind !== 'file') return createSecretKey(randomBytes(SECRET_SIZE_BYTES));
  const path = `${books.path}.ledger-key`;
  try {
    return await keptSecret(path);
  } catch (error) {
    logger.log('warn', 'the key of the ledger cannot be stored; exports after the next start will name another authority', { path, error });
    return createSecretKey(randomBytes(SECRET_SIZE_BYTES));
  }
}
