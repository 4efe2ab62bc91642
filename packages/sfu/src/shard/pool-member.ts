import type { LoadSample } from '../overload/load-source.ts';
import type { Shard } from '../shard.ts';
import type { LinkMemory, NeighbourChannel } from './neighbour.ts';

/** One shard of several in a process, which may be lost. */
export interface PoolMember extends Omit<Shard, 'shardCount' | 'chooseShardNo' | 'isAlive'> {
  /** Load during the last second; undefined until the first has passed. */
  readonly load: LoadSample | undefined;
  /** Counts the heartbeats of its event loop; if it stops increasing, the loop hangs. */
  readonly beats: number;
  /** Resolves once everything sent before has been done; never, if the shard is lost before that. */
  settled(): Promise<void>;
  /** Another shard has started, which is reached through this channel. */
  meet(channel: NeighbourChannel): void;
  /** Another shard is gone. */
  part(neighbourNo: number): void;
  /** Opens a transport to a neighbour from an earlier `meet`. */
  openLink(neighbourNo: number, transportId: string, memory: LinkMemory): void;
  /** Ends the shard at once, whatever it is doing; it then counts as lost. */
  terminate(): void;
  /** @param onLost called once, unless the shard was closed; the shard does nothing after that */
  setLossListener(onLost: (error: Error) => void): void;
}
