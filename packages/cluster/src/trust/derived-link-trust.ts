import { createHmac, type KeyObject } from 'node:crypto';
import type { IceCredentials, LinkTrust, NodeIdentity } from '@causeway/sfu';

/** The ufrag prefix of shard 0, which handles the links. */
const SHARD_PREFIX = 'aa';
/** 64 bits that cannot be guessed without the cluster key; RFC 8445 requires 24. */
const UFRAG_DIGITS = 16;
/** 192 bits; RFC 8445 requires 128. Hex digits are ICE characters. */
const PASSWORD_DIGITS = 48;

/**
 * Derives the ICE credentials of a link from the cluster key and the lives of both nodes. Both ends can compute them,
 * and each life has new ones.
 */
export class DerivedLinkTrust implements LinkTrust {
  readonly #key: KeyObject;

  /** @param key used for no other purpose */
  constructor(key: KeyObject) {
    this.#key = key;
  }

  credentials(initiator: NodeIdentity, acceptor: NodeIdentity): { readonly initiator: IceCredentials; readonly acceptor: IceCredentials } {
    const link = `${initiator.nodeNo}/${initiator.epoch} to ${acceptor.nodeNo}/${acceptor.epoch}`;
    return { initiator: this.#derive(`${link}, initiator`), acceptor: this.#derive(`${link}, acceptor`) };
  }

  #derive(end: string): IceCredentials {
    const digits = (what: string): string => createHmac('sha256', this.#key).update(`${what} of ${end}`).digest('hex');
    return { ufrag: SHARD_PREFIX + digits('ufrag').slice(0, UFRAG_DIGITS), password: digits('password').slice(0, PASSWORD_DIGITS) };
  }
}
