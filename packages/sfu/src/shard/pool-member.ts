import type { LoadSample } from '../overload/load-source.ts';
import type { Shard } from '../shard.ts';
import type { LinkMemory, NeighbourChannel } from './neighbour.ts';

/** One shard of several in a process, which may be lost. */
export interface PoolMember extends Omit<Shard, 'shardCount' | 'chooseShardNo' | 'isAlive'> {
  /** Load of its last second; undefined before the first is over. */
  readonly load: LoadSample | undefined;
  /** Counts the signs of life of its event loop; if this stops, the loop hangs. */
  readonly beats: number;
  /** Resolves when everything asked for before has been done; never, if it is lost before. */
  settled(): Promise<void>;
  /** Another shard has come; the two reach each other by these means. */
  meet(channel: NeighbourChannel): void;
  /** Another shard is gone. */
  part(neighbourNo: number): void;
  /** Opens a transport to a neighbour that was met. */
  openLink(neighbourNo: number, transportId: string, memory: LinkMemory): void;
  /** Ends it at once, whatever it is doing; it is lost then. */
  terminate(): void;
  /** @param onLost called once, unless it was closed: nothing that is asked of it happens any more */
  setLossListener(onLost: (error: Error) => void): void;
}
