/** A viewer that asks for another layer again and again, each time after the previous one has arrived. */
import { launchFirefox, type TestBrowser } from '@causeway/e2e';
import { longestGapMs } from './figures.ts';
import type { Measure } from './measure.ts';
import { BEST_RID, type CallOptions, WatchedCall } from './watched-call.ts';

/** A switch that takes longer counts as one that never happens. */
const SWITCHED_WITHIN_MS = 5000;
const SETTLING_SECONDS = 6;

/** @param switches how many switches between the lowest and the best layer are made, one after another */
export async function forceSwitches(viewerName: TestBrowser['name'], switches: number, options: CallOptions): Promise<readonly Measure[]> {
  const call = await WatchedCall.open(options);
  const firefox = viewerName === 'firefox' ? await launchFirefox() : undefined;
  try {
    await call.publish();
    await call.sendsAllLayers();
    const viewer = await call.watch(firefox && (await firefox.openPage(call.site)));
    await viewer.pass(SETTLING_SECONDS);
    const [before, asked] = await Promise.all([viewer.picture(), call.keyframeRequests(BEST_RID)]);
    const fromMs = Date.now();
    const { missed } = await viewer.switchLayers({ switches, withinMs: SWITCHED_WITHIN_MS, ...call.firstTrack });
    const toMs = Date.now();
    const [after, askedSince] = await Promise.all([viewer.picture(), call.keyframeRequests(BEST_RID)]);
    const frames = (await viewer.frames())[0] ?? [];
    return [
      { what: 'switches that did not come', value: missed, unit: '', bound: { atMost: 0 } },
      { what: 'time for a switch', value: (toMs - fromMs) / switches, unit: 'ms' },
      { what: 'longest gap', value: longestGapMs(frames, fromMs, toMs), unit: 'ms', bound: { atMost: 500 } },
      { what: 'times that the viewer could not decode', value: after.pictureLosses - before.pictureLosses, unit: '', bound: { atMost: 0 } },
      { what: 'keyframes asked of the best layer', value: askedSince - asked, unit: '', bound: { atMost: switches / 2 } },
    ];
  } finally {
    await firefox?.close();
    await call.close();
  }
}
