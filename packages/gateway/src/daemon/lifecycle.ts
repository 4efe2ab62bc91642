import type { NodeDirectory, Sfu } from '@causeway/sfu';

/** Whether this node should be sent new clients; all but `ready` are reasons why not. */
export type Readiness = 'ready' | 'starting' | 'draining' | 'stressed';

/** What a node is doing, from its start to its end. */
export class Lifecycle {
  #state: 'starting' | 'serving' | 'draining' = 'starting';

  get isDraining(): boolean {
    return this.#state === 'draining';
  }

  noteServing(): void {
    if (this.#state === 'starting') this.#state = 'serving';
  }

  noteDraining(): void {
    this.#state = 'draining';
  }

  /**
   * Never depends on whether Redis answers. A full node stays ready unless another one could do its work: calls for its sessions must
   * still arrive.
   *
   * @param directory undefined for a node that stands alone
   */
  readiness(sfu: Sfu, directory: NodeDirectory | undefined): Readiness {
    if (this.#state !== 'serving') return this.#state;
    if (!sfu.isReady()) return 'draining';
    const isReplaceable = directory?.others.some(({ state }) => state === 'serving') ?? false;
    return isReplaceable && sfu.load().isFull ? 'stressed' : 'ready';
  }
}
