/** `scripts/flood [joins]`: lets Chromium join while the media port is flooded, and fails if a join fails. */

import type { ChromiumPage } from '../browsers/chromium.ts';
import { openStage, type Stage } from '../call/stage.ts';
import type { PublishedTrack } from '../in-page/peer.ts';
import { type Flood, Flooder } from './flooder.ts';

const JOIN_WITHIN_MS = 15_000;
/** A flood that sends a smaller share of its rate than this does not count as the intended one. */
const MIN_RATE_SHARE = 0.95;
const FLOODS: readonly (Flood | undefined)[] = [undefined, { kind: 'hellos', perSecond: 1000 }, { kind: 'noise', perSecond: 20_000 }];

const joins = Number(process.argv[2] ?? 50);
if (!Number.isInteger(joins) || joins < 1) {
  process.stderr.write('scripts/flood [joins], 50 unless given\n');
  process.exit(2);
}
const stage = await openStage();
try {
  const alice = await stage.join('alice');
  const [track] = await alice.publish({ media: { kind: 'picture', colour: [30, 180, 30] } });
  if (track === undefined) throw new Error('alice published nothing');
  const page = await stage.openPage();
  await stage.joinFrom(page, 'warm-up');
  for (const flood of FLOODS) await joinUnder(flood, stage, page, track);
} finally {
  await stage.close();
}

async function joinUnder(flood: Flood | undefined, { daemon }: Stage, page: ChromiumPage, track: PublishedTrack): Promise<void> {
  const flooder = flood === undefined ? undefined : new Flooder(flood, daemon.udpPort);
  const startedMs = performance.now();
  const waitsMs: number[] = [];
  const failures: string[] = [];
  for (let join = 0; join < joins; join++) {
    await joinOnce(page, { access: daemon.access, track }).then(
      (waitMs) => waitsMs.push(waitMs),
      (error: unknown) => failures.push(String(error)),
    );
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const report = await flooder?.stop();
  if (report !== undefined && flood !== undefined && report.sent < MIN_RATE_SHARE * flood.perSecond * seconds) {
    failures.push(`the flood was not what it should be, ${flood.perSecond} datagrams a second`);
  }
  if (failures.length > 0) process.exitCode = 1;
  const [median = 0, last = 0] = [waitsMs.sort((a, b) => a - b)[waitsMs.length >> 1], waitsMs.at(-1)];
  const what = flood === undefined ? 'no flood' : flood.kind === 'hellos' ? 'ClientHellos of a stranger' : 'random datagrams of a stranger';
  const rate = report === undefined ? '' : ` (${Math.round(report.sent / seconds)} a second, ${report.answered} answered)`;
  process.stdout.write(
    `${what}${rate}: ${waitsMs.length} of ${joins} joins, from the first call to the first frame ${median.toFixed(0)} ms in the median, ${last.toFixed(0)} ms at most\n`,
  );
  for (const failure of failures) process.stdout.write(`  ! ${failure}\n`);
}

/** @returns milliseconds from the first call of the API to the first frame */
function joinOnce(
  page: ChromiumPage,
  request: { readonly access: Stage['daemon']['access']; readonly track: PublishedTrack },
): Promise<number> {
  return page.evaluate(
    async ({ access, track, withinMs }) => {
      const startedMs = performance.now();
      const peer = kit.createPeer({ access });
      const late = new Promise<never>((_resolve, reject) =>
        setTimeout(() => reject(new Error(`no frame after ${withinMs} ms, ${peer.connection.connectionState}`)), withinMs),
      );
      await peer.join({ access, receive: ['video'] });
      const [subscription] = await peer.subscribe([{ remoteSessionId: track.sessionId, remoteTrackId: track.trackId }]);
      await Promise.race([late, peer.reception(subscription?.mid ?? '').then((reception) => reception.nextFrame())]);
      const waitMs = performance.now() - startedMs;
      await peer.leave();
      return waitMs;
    },
    { ...request, withinMs: JOIN_WITHIN_MS },
  );
}
