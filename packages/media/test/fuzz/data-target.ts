/**
 * Published data, and a page whose association is honest until then: it sends any SCTP inside valid DTLS to an engine
 * in which it publishes and subscribes, beside a publisher and a subscriber who must not notice.
 */
import { type DataPage, plainApplicationData, seededRandom } from '@causeway/testkit';
import { capturedTraffic, type FuzzTarget, mutateSctp } from '@causeway/testkit/fuzz';
import { withChecksum } from '../data/association/packets.ts';
import { DataRoom } from '../data/router/data-room.ts';

const TAG_AT = 4;
const HEADER_LENGTH = 12;
const INIT = 1;
const INPUTS_PER_ROOM = 1_000;
const INPUTS_PER_MESSAGE = 50;
/** Inputs between which no time passes. */
const INPUTS_PER_STEP = 5;
const STEP_MS = 3;
const MESSAGE_MS = 60;
/** A few for each session. */
const MAX_TIMERS = 20;

class DataUnderFire {
  readonly room: DataRoom;
  readonly #alice: DataPage;
  readonly #bob: DataPage;
  readonly #mallory: DataPage;
  readonly #chat: number;
  readonly #toBob: number;
  #tag = 0;
  #inputs = 0;
  #said = 0;

  constructor(seed: number) {
    const room = new DataRoom(seed);
    this.room = room;
    this.#alice = room.join('alice');
    this.#bob = room.join('bob');
    this.#mallory = room.join('mallory');
    const { onPacket } = this.#mallory;
    this.#mallory.onPacket = (packet) => {
      this.#tag = new DataView(packet.buffer, packet.byteOffset).getUint32(TAG_AT);
      onPacket.call(this.#mallory, packet);
    };
    this.#chat = room.publish(this.#alice, 'chat', { retain: 3 });
    room.publish(this.#mallory, 'noise', { isBus: true });
    this.#toBob = room.subscribe(this.#bob, 'alice/chat');
    room.subscribe(this.#bob, 'mallory/noise');
    room.subscribe(this.#mallory, 'alice/chat', { canReply: 'many' });
    room.run(500);
  }

  get isOver(): boolean {
    return this.room.world.engine.census().transports < 3;
  }

  receive(input: Uint8Array): void {
    const packet = input.slice();
    if (packet.length >= HEADER_LENGTH && packet[HEADER_LENGTH] !== INIT) new DataView(packet.buffer).setUint32(TAG_AT, this.#tag);
    const { world } = this.room;
    world.engine.handleDatagram(world.nowMs, this.#mallory.peer.path, plainApplicationData(withChecksum(packet)));
    if (++this.#inputs % INPUTS_PER_STEP === 0) this.room.run(STEP_MS);
  }

  /** @throws Error – the two beside it noticed */
  inspect(): void {
    this.#said++;
    this.#alice.send(this.#chat, `${this.#said}`);
    this.room.run(MESSAGE_MS);
    const heard = this.#bob.received(this.#toBob);
    if (heard.length !== this.#said || heard.at(-1) !== `${this.#said}`) throw new Error(`of ${this.#said} messages ${heard.length} came`);
    const { timers, dataPublications, dataSubscriptions } = this.room.world.engine.census();
    if (timers > MAX_TIMERS) throw new Error(`${timers} timers are armed`);
    if (dataPublications > 2 || dataSubscriptions > 3) throw new Error('there are publications or subscriptions that nobody has put');
  }
}

export function dataTarget(): FuzzTarget {
  const random = seededRandom(2);
  let fire = new DataUnderFire(1);
  let inputs = 0;
  return {
    name: 'data',
    share: 1,
    seeds: capturedTraffic('sctp'),
    mutate: mutateSctp,
    run(input) {
      if (++inputs % INPUTS_PER_ROOM === 0 || fire.isOver) fire = new DataUnderFire(random() * 2 ** 32);
      fire.receive(input);
      if (inputs % INPUTS_PER_MESSAGE === 0) fire.inspect();
    },
  };
}
