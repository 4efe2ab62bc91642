import type { LoadTotals, RemoteTrack } from '@causeway/loadtest';
import type { Contestant, Progress } from '../contestants/contestant.ts';
import type { LoadProcesses, RunningSfu } from '../contestants/sfu-contestant.ts';
import { audienceOf, type RoomShape } from './room-shapes.ts';

const JOINS_AT_ONCE = 8;

/**
 * Fills an SFU with calls. All subscribers, including the checking one, are in the crowd, because the process that publishes waits for due
 * times and would receive packets late.
 */
export async function createRooms<Name extends string>(
  { name, address, process }: RunningSfu<Name>,
  shape: RoomShape,
  { source, crowd }: LoadProcesses,
): Promise<Contestant<Name>> {
  await source.ask('open', { sfu: name, address });
  await crowd.ask('open', { sfu: name, address });
  for (let room = 0; room < shape.rooms; room++) {
    const publishers: RemoteTrack[][] = [];
    for (let publisher = 0; publisher < shape.publishersEach; publisher++) publishers.push(await publish(name, shape, source));
    await fillRoom(name, shape, { publishers, hasChecker: room === 0 }, crowd);
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

async function publish(sfu: string, { tracks }: RoomShape, source: LoadProcesses['source']): Promise<RemoteTrack[]> {
  const published: RemoteTrack[] = [];
  for (const track of tracks) published.push(await source.ask('publish', { sfu, options: { ...track, timing: 'frames' } }));
  return published;
}

async function fillRoom(
  sfu: string,
  { publishersEach, subscribersEach }: RoomShape,
  { publishers, hasChecker }: { readonly publishers: readonly (readonly RemoteTrack[])[]; readonly hasChecker: boolean },
  crowd: LoadProcesses['crowd'],
): Promise<void> {
  const diligenceOf = (place: number) => (hasChecker && place === 0 ? 'check' : 'count');
  if (publishersEach > 1) {
    for (let place = 0; place < subscribersEach; place++) {
      const others = publishers.filter((_, publisher) => publisher !== place).flat();
      await crowd.ask('join', { sfu, tracks: others, count: 1, atOnce: 1, diligence: diligenceOf(place) });
    }
    return;
  }
  const tracks = publishers.flat();
  await crowd.ask('join', { sfu, tracks, count: 1, atOnce: 1, diligence: diligenceOf(0) });
  await crowd.ask('join', { sfu, tracks, count: subscribersEach - 1, atOnce: JOINS_AT_ONCE, diligence: 'count' });
}
