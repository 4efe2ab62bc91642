import { setTimeout as sleep } from 'node:timers/promises';
import { createLoadApi, createPacedSource, LoadSession } from '@causeway/loadtest';
import { createSecureSuite } from '@causeway/secure';
import type { Strain } from './strain.ts';

const PACKETS_PER_SECOND = 50_000;
/** One source alone can send no more than 25 packets per millisecond. */
const SOURCES = 5;
const MIN_SENT_SHARE = 0.9;
/** What a session can make the node decrypt, with a margin for the budget that it had saved up. */
const MAX_AUTHENTICATED_PER_SECOND = 2_500;
const DURATION_MS = 10_000;
/**
 * The packet has version 2 and the payload type of the client's own track. Its tag is wrong, but finding that out costs as much as if it
 * were right.
 */
const PACKET = Buffer.concat([Buffer.from([0x80, 96]), Buffer.alloc(200, 7)]);
const SILENT_LISTENER = { onSrtp() {}, onSrtcp() {} };

/** A client that has joined like any other sends many times more than it may. */
export const packetFlood: Strain = {
  name: 'packet-flood',
  sparesOthers: true,
  what: `one session sends ${PACKETS_PER_SECOND} packets a second for ${DURATION_MS / 1000} s`,
  async exert(node) {
    const api = createLoadApi(node.address);
    const flooder = await LoadSession.join({ api, suite: await createSecureSuite() }, { listener: SILENT_LISTENER });
    let sent = 0;
    const sources = Array.from({ length: SOURCES }, () =>
      createPacedSource(PACKETS_PER_SECOND / SOURCES, () => {
        sent++;
        flooder.peer.send(PACKET);
      }),
    );
    for (const source of sources) source.start();
    await sleep(DURATION_MS);
    for (const source of sources) source.pause();
    await flooder.leave();
    const overBudget = await node.metric('causeway_packets_dropped_total{reason="over-packet-budget"}');
    const forged = await node.metric('causeway_packets_dropped_total{reason="srtp-auth-failed"}');
    const lines = [`${sent} packets sent; ${overBudget} dropped unread, ${forged} found to be forged, the others lost on the way in`];
    const isFlood = sent >= (MIN_SENT_SHARE * PACKETS_PER_SECOND * DURATION_MS) / 1000;
    const isBounded = forged > 0 && forged <= (MAX_AUTHENTICATED_PER_SECOND * DURATION_MS) / 1000;
    return isFlood && isBounded ? lines : lines.map((line) => `! ${line}`);
  },
};
