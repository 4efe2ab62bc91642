/** The shapes of calls that most people are in, and that of a broadcast. */
import type { PublishOptions } from '@causeway/loadtest';

export interface RoomShape {
  readonly name: string;
  readonly rooms: number;
  readonly publishersEach: number;
  readonly subscribersEach: number;
  /** What each publisher sends, with a session for each. */
  readonly tracks: readonly Pick<PublishOptions, 'kind' | 'packetsPerSecond' | 'packetBytes'>[];
}

const VIDEO_BYTES = 1_200;
/** Opus at 32 kbit/s, in packets of 20 ms. */
const AUDIO = { kind: 'audio', packetsPerSecond: 50, packetBytes: 92 } as const;

const BROADCAST = [{ packetsPerSecond: 250, packetBytes: VIDEO_BYTES }];
/** The packet rate of 1.4 Mbit/s of video. */
const CAMERA_AND_MICROPHONE = [{ packetsPerSecond: 150, packetBytes: VIDEO_BYTES }, AUDIO];

/**
 * One call. A load client either publishes one track or subscribes, so a participant is two or three sessions here. If a room has several
 * publishers, each subscriber watches those that are not its own.
 */
export const ROOM_SHAPES: readonly RoomShape[] = [
  { name: '1 to 50', rooms: 1, publishersEach: 1, subscribersEach: 50, tracks: BROADCAST },
  { name: '4 x (1 to 1)', rooms: 4, publishersEach: 1, subscribersEach: 1, tracks: BROADCAST },
  { name: '20 x (1 to 1)', rooms: 20, publishersEach: 1, subscribersEach: 1, tracks: BROADCAST },
  // Ten would be 32,000 datagrams a second for the load clients, which is more than one core of them can handle.
  { name: '5 rooms of 4', rooms: 5, publishersEach: 4, subscribersEach: 4, tracks: CAMERA_AND_MICROPHONE },
  { name: 'audio of 8', rooms: 1, publishersEach: 8, subscribersEach: 8, tracks: [AUDIO] },
];

/** The number of subscribers that get each packet. */
export function audienceOf({ publishersEach, subscribersEach }: RoomShape): number {
  return publishersEach === 1 ? subscribersEach : subscribersEach - 1;
}

/** The number of packets that reach the SFU in a second. */
export function packetsPerSecondOf({ rooms, publishersEach, tracks }: RoomShape): number {
  return rooms * publishersEach * tracks.reduce((sum, { packetsPerSecond }) => sum + packetsPerSecond, 0);
}
