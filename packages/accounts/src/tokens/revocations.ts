import type { AppId, TokenGrants } from '@causeway/protocol';
import { type Revocation, RevocationList } from './revocation-list.ts';

/** The revoked tokens of all nodes. */
export interface Revocations {
  isRevoked(appId: AppId, token: Pick<TokenGrants, 'sub' | 'jti' | 'iat'>): boolean;
  /**
   * Resolves once the revocation is in effect here and on its way to all other nodes.
   *
   * @throws quota_exceeded – the app has revoked as many tokens as are remembered
   * @throws registry_unavailable – the other nodes cannot be notified; nothing is revoked
   */
  revoke(revocation: Revocation): Promise<void>;
  /** Subscribes to revocations of all nodes as they take effect here. @returns a function that unsubscribes */
  onRevoked(listener: (revocation: Revocation) => void): () => void;
  /** The number of remembered revocations. */
  readonly size: number;
}

/** The revocations of a standalone node. */
export class MemoryRevocations implements Revocations {
  readonly #list: RevocationList;
  readonly #listeners = new Set<(revocation: Revocation) => void>();

  /** @param nowMs monotonic time in milliseconds */
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
