/** SCTP of a peer inside valid DTLS: packets with the right tag and checksum into an association that was honest until then. */
import { seededRandom } from '@causeway/testkit';
import { capturedTraffic, type FuzzTarget, mutateSctp } from '@causeway/testkit/fuzz';
import { withChecksum } from '../data/association/packets.ts';
import { ChannelPair } from '../data/channel-pair.ts';

const TAG_AT = 4;
const HEADER_LENGTH = 12;
const INPUTS_PER_ASSOCIATION = 200;
const MAX_CHANNELS = 256;
const STEP_MS = 3;

/** A server with a channel in use each way, and the tag that its client's packets have. */
class SctpUnderFire {
  readonly pair: ChannelPair;
  tag = 0;

  constructor(seed: number) {
    this.pair = new ChannelPair({ seed });
    const { client } = this.pair;
    const { deliver } = this.pair.toServer;
    this.pair.toServer.deliver = (nowMs, packet) => {
      this.tag = new DataView(packet.buffer, packet.byteOffset).getUint32(TAG_AT);
      deliver(nowMs, packet);
    };
    const streamId = this.pair.open(client, 'chat');
    client.channels.send(this.pair.nowMs, streamId, 'hello');
    this.pair.run(1000);
    // What the server has outstanding from here on is what SACKs of the fuzzer are about.
    this.pair.toClient.lose = () => true;
    for (let serial = 0; serial < 20; serial++) this.pair.server.channels.send(this.pair.nowMs, streamId, new Uint8Array(3000));
  }

  receive(input: Uint8Array): void {
    const packet = input.slice();
    if (packet.length >= HEADER_LENGTH && packet[HEADER_LENGTH] !== 1) new DataView(packet.buffer).setUint32(TAG_AT, this.tag);
    this.pair.server.channels.handlePacket(this.pair.nowMs, withChecksum(packet));
    this.pair.run(STEP_MS);
  }
}

export function sctpTarget(): FuzzTarget {
  const random = seededRandom(1);
  let fire = new SctpUnderFire(1);
  let inputs = 0;
  return {
    name: 'sctp',
    share: 2,
    seeds: capturedTraffic('sctp'),
    mutate: mutateSctp,
    run(input) {
      if (++inputs % INPUTS_PER_ASSOCIATION === 0 || fire.pair.server.aborted > 0) fire = new SctpUnderFire(random() * 2 ** 32);
      fire.receive(input);
      const { channels, timers } = fire.pair.server;
      if (channels.channelCount > MAX_CHANNELS) throw new Error(`${channels.channelCount} channels are open`);
      if (timers.size > 1) throw new Error(`${timers.size} timers are armed for one peer`);
    },
  };
}
