/**
 * The shards of a process, which are started together, introduced to each other, watched, and replaced when one is
 * lost. The set does not know what they carry.
 */
import { MessageChannel } from 'node:worker_threads';
import type { CancelTimer, Clock } from '../clock.ts';
import { invariant } from '../invariant.ts';
import type { LoadSample } from '../overload/load-source.ts';
import type { Shard } from '../shard.ts';
import type { LinkMemory, NeighbourChannel } from './neighbour.ts';
import { createRingMemory } from './packet-ring.ts';

/** Room for a hundred datagrams. Bursts of unknown peers beyond that are dropped, as they would be in a socket's buffer. */
const PASSED_ON_MEMORY_BYTES = 1 << 17;
/** Room for 800 packets of full size, or 200 ms of 40 Mbit/s. Memory is used only for pairs of shards between which tracks cross. */
const LINK_MEMORY_BYTES = 1 << 20;

const WATCH_INTERVAL_MS = 500;
/** Counts checks without a heartbeat instead of time: a process that was suspended must not consider its threads dead. */
const SILENT_AFTER_LOOKS = 4;
/** No work of a shard takes this long, and its sessions are already lost. */
const HOPELESS_AFTER_LOOKS = 12;

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

export interface ShardSetOptions {
  /** The number of shards; shard numbers are below it. */
  readonly size: number;
  /** @throws the system's error if the shard cannot be started */
  readonly startMember: (shardNo: number) => Promise<PoolMember>;
  readonly clock: Clock;
}

export interface ShardSetListener {
  /** Called before anything is asked of the new shard. */
  onJoined(shardNo: number, member: PoolMember): void;
  /** @param linkIds transports of the links that end with the shard */
  onLost(shardNo: number, error: Error, linkIds: readonly string[]): void;
}

interface Seat {
  readonly shardNo: number;
  member: PoolMember | undefined;
  /** The transport of the link to each other shard, if there is one. */
  readonly links: Map<number, string>;
  seenBeats: number;
  silentLooks: number;
  retryMs: number;
}

export class ShardSet {
  readonly #options: ShardSetOptions;
  readonly #seats: readonly Seat[];
  #listener: ShardSetListener | undefined;
  #linksOpened = 0;
  #isClosed = false;
  #cancelWatch: CancelTimer | undefined;
  readonly #retries = new Set<CancelTimer>();

  constructor(options: ShardSetOptions) {
    this.#options = options;
    this.#seats = Array.from({ length: options.size }, (_, shardNo) => ({
      shardNo,
      member: undefined,
      links: new Map(),
      seenBeats: 0,
      silentLooks: 0,
      retryMs: FIRST_RETRY_MS,
    }));
  }

  get size(): number {
    return this.#options.size;
  }

  /** @throws the system's error if one of them cannot be started; none stays open then */
  async open(listener: ShardSetListener): Promise<void> {
    this.#listener = listener;
    const started = await Promise.allSettled(this.#seats.map(({ shardNo }) => this.#options.startMember(shardNo)));
    const failed = started.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) {
      await Promise.all(started.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.close() : undefined)));
      throw failed.reason;
    }
    for (const [shardNo, outcome] of started.entries())
      if (outcome.status === 'fulfilled') this.#seat(this.#seatOf(shardNo), outcome.value);
    this.#watchLater();
  }

  /** @returns undefined while the shard is being replaced */
  member(shardNo: number): PoolMember | undefined {
    return this.#seats[shardNo]?.member;
  }

  /** Returns the shards that are running. */
  members(): PoolMember[] {
    return this.#seats.flatMap(({ member }) => (member === undefined ? [] : [member]));
  }

  /** Whether the shard is running and its event loop runs, as far as is known. */
  isAlive(shardNo: number): boolean {
    const seat = this.#seats[shardNo];
    return seat?.member !== undefined && seat.silentLooks < SILENT_AFTER_LOOKS;
  }

  /**
   * @returns the transport of the link between two shards, which is opened if there is none; undefined while either
   * shard is not running
   */
  linkBetween(shardNo: number, otherNo: number): string | undefined {
    const [seat, other] = [this.#seatOf(shardNo), this.#seatOf(otherNo)];
    const known = seat.links.get(otherNo);
    if (known !== undefined) return known;
    if (seat.member === undefined || other.member === undefined) return undefined;
    const transportId = `shards-${shardNo}-${otherNo}-${++this.#linksOpened}`;
    const [there, back] = [createRingMemory(LINK_MEMORY_BYTES), createRingMemory(LINK_MEMORY_BYTES)];
    seat.member.openLink(otherNo, transportId, { inbound: back, outbound: there });
    other.member.openLink(shardNo, transportId, { inbound: there, outbound: back });
    seat.links.set(otherNo, transportId);
    other.links.set(shardNo, transportId);
    return transportId;
  }

  closeLink(transportId: string): void {
    for (const { member, links } of this.#seats) {
      const end = [...links].find(([, id]) => id === transportId);
      if (end === undefined) continue;
      links.delete(end[0]);
      member?.send({ type: 'close-transport', transportId });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelWatch?.();
    for (const cancel of this.#retries) cancel();
    await Promise.all(this.members().map((member) => member.close()));
  }

  #seatOf(shardNo: number): Seat {
    const seat = this.#seats[shardNo];
    invariant(seat !== undefined, `there are ${this.size} shards, and none has the number ${shardNo}`);
    return seat;
  }

  #seat(seat: Seat, member: PoolMember): void {
    member.setLossListener((error) => this.#lose(seat, member, error));
    for (const other of this.#seats) {
      if (other.member !== undefined) introduce([seat.shardNo, member], [other.shardNo, other.member]);
    }
    seat.member = member;
    seat.seenBeats = member.beats;
    seat.silentLooks = 0;
    this.#listener?.onJoined(seat.shardNo, member);
  }

  #lose(seat: Seat, member: PoolMember, error: Error): void {
    if (seat.member !== member || this.#isClosed) return;
    seat.member = undefined;
    const linkIds = [...seat.links.values()];
    this.#listener?.onLost(seat.shardNo, error, linkIds);
    for (const linkId of linkIds) this.closeLink(linkId);
    for (const other of this.members()) other.part(seat.shardNo);
    // The shard is replaced at once, unless it keeps failing before it becomes ready.
    if (seat.retryMs > FIRST_RETRY_MS) this.#replaceLater(seat);
    else void this.#replace(seat);
    seat.retryMs = Math.min(2 * seat.retryMs, MAX_RETRY_MS);
  }

  async #replace(seat: Seat): Promise<void> {
    try {
      const member = await this.#options.startMember(seat.shardNo);
      if (this.#isClosed) await member.close();
      else this.#seat(seat, member);
    } catch {
      this.#replaceLater(seat);
      seat.retryMs = Math.min(2 * seat.retryMs, MAX_RETRY_MS);
    }
  }

  #replaceLater(seat: Seat): void {
    if (this.#isClosed) return;
    const cancel = this.#options.clock.schedule(seat.retryMs, () => {
      this.#retries.delete(cancel);
      void this.#replace(seat);
    });
    this.#retries.add(cancel);
  }

  #watchLater(): void {
    this.#cancelWatch = this.#options.clock.schedule(WATCH_INTERVAL_MS, () => {
      for (const seat of this.#seats) this.#look(seat);
      this.#watchLater();
    });
  }

  #look(seat: Seat): void {
    const { member } = seat;
    if (member === undefined) return;
    seat.silentLooks = member.beats === seat.seenBeats ? seat.silentLooks + 1 : 0;
    if (member.beats !== seat.seenBeats) seat.retryMs = FIRST_RETRY_MS;
    seat.seenBeats = member.beats;
    if (seat.silentLooks === HOPELESS_AFTER_LOOKS) member.terminate();
  }
}

/** Connects two shards, so that they can pass on each other's datagrams. */
function introduce([oneNo, one]: readonly [number, PoolMember], [otherNo, other]: readonly [number, PoolMember]): void {
  const { port1, port2 } = new MessageChannel();
  const [there, back] = [createRingMemory(PASSED_ON_MEMORY_BYTES), createRingMemory(PASSED_ON_MEMORY_BYTES)];
  one.meet({ neighbourNo: otherNo, port: port1, passedOnIn: back, passedOnOut: there });
  other.meet({ neighbourNo: oneNo, port: port2, passedOnIn: there, passedOnOut: back });
}

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
