import type { LoadTotals, RemoteTrack } from '@causeway/loadtest';
import type { Contestant, Progress } from '../contestants/contestant.ts';
import type { LoadProcesses, RunningSfu } from '../contestants/sfu-contestant.ts';
import { audienceOf, PACKET_BYTES, type RoomShape } from './room-shapes.ts';

const JOINS_AT_ONCE = 8;

/**
 * Fills an SFU with calls. Subscribers are in the crowd, the checking one among them: the process
 * that publishes waits for due times and would notice packets late.
 */
export async function createRooms<Name extends string>(
  { name, address, process }: RunningSfu<Name>,
  shape: RoomShape,
  { source, crowd }: LoadProcesses,
): Promise<Contestant<Name>> {
  const { rooms, packetsPerSecond } = shape;
  await source.ask('open', { sfu: name, address });
  await crowd.ask('open', { sfu: name, address });
  const options = { packetsPerSecond, packetBytes: PACKET_BYTES, timing: 'frames' } as const;
  for (let room = 0; room < rooms; room++) {
    const tracks: RemoteTrack[] = [];
    for (let publisher = 0; publisher < shape.publishersEach; publisher++) tracks.push(await source.ask('publish', { sfu: name, options }));
    await fillRoom(name, shape, { tracks, hasChecker: room === 0 }, crowd);
  }
  return {
    name,
    process,
    async growTo() {},
    start: () => source.ask('start', name),
    pause: () => source.ask('pause', name),
    async progress(): Promise<Progress> {
      const { sent }: LoadTotals = await source.ask('totals', name);
      const { received, duplicates, checked, corrupted }: LoadTotals = await crowd.ask('totals', name);
      return { expected: sent * audienceOf(shape), received, duplicates, checked, corrupted };
    },
    takeLatenciesMs: () => crowd.ask('takeLatenciesMs', name),
  };
}

async function fillRoom(
  sfu: string,
  { publishersEach, subscribersEach }: RoomShape,
  { tracks, hasChecker }: { readonly tracks: readonly RemoteTrack[]; readonly hasChecker: boolean },
  crowd: LoadProcesses['crowd'],
): Promise<void> {
  const diligenceOf = (place: number) => (hasChecker && place === 0 ? 'check' : 'count');
  if (publishersEach > 1) {
    for (let place = 0; place < subscribersEach; place++) {
      const others = tracks.filter((_, publisher) => publisher !== place);
      await crowd.ask('join', { sfu, tracks: others, count: 1, atOnce: 1, diligence: diligenceOf(place) });
    }
    return;
  }
  await crowd.ask('join', { sfu, tracks, count: 1, atOnce: 1, diligence: diligenceOf(0) });
  await crowd.ask('join', { sfu, tracks, count: subscribersEach - 1, atOnce: JOINS_AT_ONCE, diligence: 'count' });
}
