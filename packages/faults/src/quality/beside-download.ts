/**
 * Viewers who share their access with a download: three in Chromium, and one TCP connection that takes what it can get. A real link is in
 * front of all of them, because only the kernel's own TCP shows how it shares.
 */
import { AskedChild } from '@causeway/lab';
import { NamespaceRoom } from '../room/namespace-room.ts';
import type { Measure } from './measure.ts';
import type { SharedAccessVerbs } from './shared-access-verbs.ts';

const RATE_BPS = 4_000_000;
const QUEUE_MS = 300;
const VIEWERS = 3;
/** Each viewer gets at least this share of what an equal division would give it. */
const LEAST_SHARE = 0.25;

/**
 * @param congestionControl what the download obeys, by its name in the kernel. Each kind shares a link in a way of its own, and the
 *   machine's default may be any
 * @param onTrace is called with a line for each of the node's estimates of the viewers' paths
 */
export async function watchBesideDownload(
  congestionControl: 'cubic' | 'bbr',
  onTrace?: (line: string) => void,
): Promise<readonly Measure[]> {
  const room = await NamespaceRoom.open();
  try {
    await room.setCongestionControl('node', congestionControl);
    await room.shapeUplink({ rateBps: RATE_BPS, queueBytes: (RATE_BPS * QUEUE_MS) / 8000 });
    const inside = new AskedChild<SharedAccessVerbs>({
      name: 'call',
      program: new URL('./shared-access-main.ts', import.meta.url),
      within: (command) => room.command('node', command),
      ...(onTrace !== undefined && { onLine: onTrace }),
    });
    const shares = await inside.ask('shareAccess', {
      viewers: VIEWERS,
      viewerCommand: room.command('clients', []),
      isTraced: onTrace !== undefined,
    });
    await inside.child.stop();
    const atLeast = (LEAST_SHARE * RATE_BPS) / (VIEWERS + 1) / 1000;
    return [
      ...shares.viewersKbps.map((value, index): Measure => ({ what: `viewer ${index + 1}`, value, unit: 'kbit/s', bound: { atLeast } })),
      { what: `download with ${shares.congestionControl}`, value: shares.downloadKbps, unit: 'kbit/s', bound: { atLeast } },
    ];
  } finally {
    room.close();
  }
}
