/**
 * A call in Chromium that reports by RFC 8888, over a path that marks what exceeds a rate instead of delaying or dropping it. The link itself
 * carries twice as much, so nothing but the marks limits the call.
 *
 * Kernels often come without a queue that marks. A rule of the firewall marks here: its limit is a bucket that fills as a queue would drain.
 *
 * @see docs/adr/0039-ecn.md; nft(8), on `limit` and `ip ecn`
 */
import { AskedChild } from '@causeway/lab';
import { NamespaceRoom } from '../room/namespace-room.ts';
import type { Measure } from './measure.ts';
import type { SharedAccessVerbs } from './shared-access-verbs.ts';

const MARKED_BPS = 1_000_000;
/** What the marker tolerates at once: 40 ms at its rate, which is less than a frame of the best layer takes at times. */
const BURST_BYTES = 5_000;
const LINK_BPS = 2 * MARKED_BPS;
const QUEUE_MS = 300;
const FAMILIES = ['ip', 'ip6'] as const;
const FIELDS = ['not-ect', 'ect0', 'ect1', 'ce'] as const;

/** @param onTrace is called with a line for each of the node's estimates of the viewer's path */
export async function watchMarkedPath(onTrace?: (line: string) => void): Promise<readonly Measure[]> {
  const room = await NamespaceRoom.open();
  try {
    await room.shapeUplink({ rateBps: LINK_BPS, queueBytes: (LINK_BPS * QUEUE_MS) / 8000 });
    const limit = `limit rate over ${MARKED_BPS / 8} bytes/second burst ${BURST_BYTES} bytes`;
    // Chromium prefers IPv6, whose field has another place.
    for (const family of FAMILIES) {
      await room.filter('node', 'output', `meta l4proto udp ${family} ecn { ect0 , ect1 } ${limit} ${family} ecn set ce counter`);
      for (const hook of ['input', 'output'] as const) {
        for (const field of FIELDS) await room.filter('clients', hook, `meta l4proto udp ${family} ecn ${field} counter`);
      }
    }
    const inside = new AskedChild<SharedAccessVerbs>({
      name: 'call',
      program: new URL('./shared-access-main.ts', import.meta.url),
      within: (command) => room.command('node', command),
      ...(onTrace !== undefined && { onLine: onTrace }),
    });
    const seen = await inside.ask('watchMarked', { clientCommand: room.command('clients', []), isTraced: onTrace !== undefined });
    await inside.child.stop();
    const marked = (await room.filtered('node', 'output')).reduce((sum, packets) => sum + packets, 0);
    const come = await room.filtered('clients', 'input');
    const sent = await room.filtered('clients', 'output');
    const { publisher, viewer } = seen;
    return [
      { what: 'viewer', value: seen.viewerKbps, unit: 'kbit/s', bound: { atLeast: 400 } },
      { what: 'viewer, at most what is not marked', value: seen.viewerKbps, unit: 'kbit/s', bound: { atMost: MARKED_BPS / 1000 } },
      { what: 'viewer: packets with a mark', value: viewer.packetsReceivedWithCe ?? 0, unit: '', bound: { atLeast: 1 } },
      { what: 'marked on the way to Chromium', value: marked, unit: '', bound: { atLeast: 1 } },
      ...FIELDS.map((field, index): Measure => ({ what: `came to Chromium as ${field}`, value: ofBoth(come, index), unit: '' })),
      ...FIELDS.map((field, index): Measure => ({ what: `sent by Chromium as ${field}`, value: ofBoth(sent, index), unit: '' })),
      ...Object.entries(publisher).map(([name, value]): Measure => ({ what: `publisher: ${name}`, value, unit: '' })),
      ...Object.entries(viewer).map(([name, value]): Measure => ({ what: `viewer: ${name}`, value, unit: '' })),
    ];
  } finally {
    room.close();
  }
}

/** Adds up what the rules of both families have counted. */
function ofBoth(counts: readonly number[], field: number): number {
  return (counts[field] ?? 0) + (counts[FIELDS.length + field] ?? 0);
}
