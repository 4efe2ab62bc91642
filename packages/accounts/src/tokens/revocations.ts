import type { AppId, TokenGrants } from '@causeway/protocol';
import { type Revocation, RevocationList } from './revocation-list.ts';

/** Which tokens have been revoked, on all nodes. */
export interface Revocations {
  isRevoked(appId: AppId, token: Pick<TokenGrants, 'sub' | 'jti' | 'iat'>): boolean;
  /**
   * Resolves when it is in force here, and on its way to all other nodes.
   *
   * @throws quota_exceeded – the app has revoked as many tokens as are remembered
   * @throws registry_unavailable – the other nodes cannot be told now; nothing is revoked
   */
  revoke(revocation: Revocation): Promise<void>;
  /** Hears of every revocation as it comes into force here, from whichever node. @returns ends the listening */
  onRevoked(listener: (revocation: Revocation) => void): () => void;
  /** How many are remembered. */
  readonly size: number;
}

/** The revocations of a standalone node. */
export class MemoryRevocations implements Revocations {
  readonly #list: RevocationList;
  readonly #listeners = new Set<(revocation: Revocation) => void>();

  /** @param nowMs milliseconds since any moment, never going back */
  constructor(nowMs: () => number) {
    this.#list = new RevocationList(nowMs);
  }

  get size(): number {
    return this.#list.size;
  }

  isRevoked(appId: AppId, token: Pick<TokenGrants, 'sub' | 'jti' | 'iat'>): boolean {
    return this.#list.isRevoked(appId, token);
  }

  async revoke(revocation: Revocation): Promise<void> {
    this.#list.checkRoom(revocation.appId);
    if (this.#list.add(revocation)) for (const listener of [...this.#listeners]) listener(revocation);
  }

  onRevoked(listener: (revocation: Revocation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
