/** The shapes of calls that most people are in, beside the one of a broadcast. */
export interface RoomShape {
  readonly name: string;
  readonly rooms: number;
  readonly publishersEach: number;
  readonly subscribersEach: number;
  /** Of each publisher. */
  readonly packetsPerSecond: number;
}

export const PACKET_BYTES = 1_200;

/** As many packets a second as 1.4 Mbit/s of video and its audio. */
const CALL_RATE = 200;

/**
 * A load client either publishes or subscribes, so a participant of a call is two sessions here and
 * each subscriber of a room of four watches the three publishers that are not its own.
 */
export const ROOM_SHAPES: readonly RoomShape[] = [
  { name: '1 to 50', rooms: 1, publishersEach: 1, subscribersEach: 50, packetsPerSecond: 250 },
  { name: '4 x (1 to 1)', rooms: 4, publishersEach: 1, subscribersEach: 1, packetsPerSecond: 250 },
  { name: '20 x (1 to 1)', rooms: 20, publishersEach: 1, subscribersEach: 1, packetsPerSecond: 250 },
  { name: '5 rooms of 4', rooms: 5, publishersEach: 4, subscribersEach: 4, packetsPerSecond: CALL_RATE },
];

/** How many subscribers get each packet. */
export function audienceOf({ publishersEach, subscribersEach }: RoomShape): number {
  return publishersEach === 1 ? subscribersEach : subscribersEach - 1;
}
