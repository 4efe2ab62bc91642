/** SCTP from a peer inside valid DTLS: packets into the fence, and through it into an association. */
import { capturedTraffic, type FuzzTarget, type FuzzTargetFactory, mutateBytes, mutateSctp } from '@causeway/testkit/fuzz';
import { CHECKSUM_AT, sctpChecksum } from '../../src/sctp/crc32c.ts';
import { DataChannels } from '../../src/sctp/data-channels.ts';
import { parseDcep, writeDcepOpen } from '../../src/sctp/dcep.ts';
import { SctpAssociation } from '../../src/sctp/sctp-association.ts';
import { createSctpCounters } from '../../src/sctp/sctp-counters.ts';
import { fencePacket } from '../../src/sctp/sctp-fence.ts';
import { loadSctp, type SctpFactory } from '../../src/sctp/werift-sctp.ts';

const TAG_AT = 4;
const HEADER_LENGTH = 12;
const INPUTS_PER_ASSOCIATION = 200;
const MAX_CHANNELS = 256;

function withChecksum(packet: Buffer): Buffer {
  if (packet.length >= HEADER_LENGTH) packet.writeUInt32LE(sctpChecksum(packet), CHECKSUM_AT);
  return packet;
}

/** An established association whose client was real until then. */
class SctpUnderFire {
  readonly channels: DataChannels;
  readonly #client: SctpAssociation;
  readonly #established: Promise<void>;
  #tag = 0;

  constructor(createSctp: SctpFactory) {
    let established = (): void => undefined;
    this.#established = new Promise((resolve) => {
      established = resolve;
    });
    const ignore = (): void => undefined;
    this.channels = new DataChannels(
      'server',
      {
        onPacket: (packet) => setImmediate(() => this.#client.handlePacket(packet)),
        onOpened: ignore,
        onClosed: ignore,
        onMessage: ignore,
        onAborted: ignore,
      },
      createSctpCounters(),
    );
    this.#client = new SctpAssociation(
      createSctp,
      true,
      {
        onPacket: (packet) => {
          this.#tag = Buffer.from(packet).readUInt32BE(TAG_AT);
          setImmediate(() => this.channels.handlePacket(packet));
        },
        onEstablished: established,
        onMessage: ignore,
        onStreamsReset: ignore,
        onAborted: ignore,
      },
      createSctpCounters(),
    );
  }

  get isEstablished(): Promise<void> {
    return this.#established;
  }

  receive(packet: Buffer): void {
    if (packet.length >= HEADER_LENGTH) packet.writeUInt32BE(this.#tag, TAG_AT);
    this.channels.handlePacket(withChecksum(packet));
  }

  close(): void {
    this.#client.close();
    this.channels.close();
  }
}

async function associationTarget(): Promise<FuzzTarget> {
  const createSctp = await loadSctp();
  let fire = new SctpUnderFire(createSctp);
  await fire.isEstablished;
  let inputs = 0;
  return {
    name: 'sctp',
    share: 1,
    seeds: capturedTraffic('sctp'),
    mutate: mutateSctp,
    async run(input) {
      if (++inputs % INPUTS_PER_ASSOCIATION === 0) {
        fire.close();
        fire = new SctpUnderFire(createSctp);
        await fire.isEstablished;
      }
      fire.receive(Buffer.from(input));
      // What it leads to happens in promises.
      await new Promise(setImmediate);
      if (fire.channels.channelCount > MAX_CHANNELS) throw new Error(`${fire.channels.channelCount} channels are open`);
    },
    close: () => fire.close(),
  };
}

function fenceTarget(): FuzzTarget {
  const open = { streamId: 2, label: 'chat', protocol: 'p', ordered: false, maxRetransmits: 3, maxPacketLifeTimeMs: undefined };
  return {
    name: 'sctp fence',
    share: 2,
    seeds: [...capturedTraffic('sctp'), writeDcepOpen(open)],
    mutate: (random, sample, other) => (random.chance(0.8) ? mutateSctp : mutateBytes)(random, sample, other),
    run(input) {
      fencePacket(withChecksum(Buffer.from(input)));
      const opened = parseDcep(2, Buffer.from(input));
      if (opened?.kind === 'open' && opened.channel.label.length > 255) throw new Error('a label is longer than it may be');
    },
  };
}

export const sctpTargets: readonly FuzzTargetFactory[] = [
  { name: 'sctp', create: associationTarget },
  { name: 'sctp fence', create: fenceTarget },
];
