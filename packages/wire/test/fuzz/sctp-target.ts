/** SCTP packets, and the DCEP messages inside them, into every reader of `wire/sctp`. */
import { capturedTraffic, type FuzzTarget, mutateBytes, mutateSctp } from '@causeway/testkit/fuzz';
import {
  createSctpDataFields,
  parseDcep,
  parseForwardTsn,
  parseIForwardTsn,
  parseInit,
  parseReconfig,
  readDataChunk,
  readIDataChunk,
  SackView,
  SctpPacketView,
  writeDcepOpen,
} from '@causeway/wire';

const CHANNEL = { label: 'chat', protocol: 'p', ordered: false, priority: 256, maxRetransmits: 3, maxPacketLifeTimeMs: undefined };

export function sctpTarget(): FuzzTarget {
  const packet = new SctpPacketView();
  const fields = createSctpDataFields();
  const sack = new SackView();
  return {
    name: 'sctp packets',
    share: 3,
    seeds: [...capturedTraffic('sctp'), writeDcepOpen(CHANNEL)],
    mutate: (random, sample, other) => (random.chance(0.8) ? mutateSctp : mutateBytes)(random, sample, other),
    run(input) {
      const opened = parseDcep(input);
      if (opened?.type === 'open' && opened.channel.label.length > 255) throw new Error('a label is longer than it may be');
      if (!packet.read(input)) return;
      while (packet.nextChunk()) {
        const { chunkStart: start, chunkEnd: end } = packet;
        if (end > input.length) throw new Error('a chunk ends behind its packet');
        // Whatever its type: readers are called with what they expect, and must stand what they do not.
        for (const read of [readDataChunk, readIDataChunk]) {
          if (read(fields, input, start, end) && fields.payloadOffset + fields.payloadLength !== end) {
            throw new Error('user data ends elsewhere than its chunk');
          }
        }
        if (sack.read(input, start, end) && sack.gapBlockCount > 0) sack.gapEnd(sack.gapBlockCount - 1);
        parseInit(input, start, end);
        parseReconfig(input, start, end);
        parseForwardTsn(input, start, end);
        parseIForwardTsn(input, start, end);
      }
    },
  };
}
