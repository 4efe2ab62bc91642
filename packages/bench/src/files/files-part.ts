/**
 * `npm run bench -- files` counts the files and functions that a video packet passes from publisher to subscriber, and those of a call that
 * subscribes, both in the real daemon. The figures are in docs/architecture/before-after.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLoadApi } from '@causeway/loadtest';
import type { BenchOptions } from '../bench-options.ts';
import type { Load, SfuName } from '../contestants/contestant.ts';
import type { RunningSfu } from '../contestants/sfu-contestant.ts';
import { formatTable, type Printer } from '../report/table.ts';
import { RunningBench } from '../running-bench.ts';
import { type CalledFunction, type Calls, calledBecauseOf, commonTo, filesOf } from './called-functions.ts';

/**
 * A rate at which packets are so close together that the node waits for them in a held turn, and a window contains at most one. It is no
 * divisor of the intervals of timers and reports, so that those fall into any windows.
 */
const LOAD: Load = { packetsPerSecond: 17, packetBytes: 1200 };
const WINDOW_MS = 20;
/** The number of windows with a packet. About as many are without one. */
const PACKET_WINDOWS = 60;
const CALLS = 12;
/** Lets the background work of a new session finish, so that it does not count for the call. */
const CALL_SETTLES_MS = 1_000;
/** The number of windows without a call, each as long as the preceding call. */
const IDLE_WINDOWS = 5;
/** A function called in at least this share of the windows without a call does not belong to the call. */
const IDLE_SHARE = 0.5;
/** The first packets and calls include one-time set-up. */
const WARM_UP_MS = 3_000;
/** Identifies windows with a packet. */
const PACKET_MARK = /^packages\/media\/src\/publisher\/receive-stream\.ts:receive@/;
/** Identifies windows in which libuv has read a datagram, which takes another way into the node. */
const LIBUV_MARK = /^packages\/sfu\/src\/io\/udp-port\.ts:#take@/;
/** The files that a call passes before it reaches the SFU, and its reply afterwards. */
const HTTP_FILE = /^packages\/(?:(?:accounts|cluster|gateway)\/|protocol\/src\/(?:bodies\/|parse-request))/;

export async function runFiles({ otherCheckout }: BenchOptions, { print, note }: Printer): Promise<void> {
  const names: readonly SfuName[] = otherCheckout === undefined ? ['causeway'] : ['against', 'causeway'];
  const rows: string[][] = [];
  for (const name of names) {
    note(`files: ${name}`);
    await RunningBench.with(async (bench) => {
      const sfu = await bench.startSfu(name);
      for (const load of [bench.load.source, bench.load.crowd]) await load.ask('open', { sfu: name, address: sfu.address });
      const packet = await functionsOfPacket(bench, sfu);
      const call = await functionsOfSubscribing(bench, sfu);
      const events = [
        ['one packet', packet],
        ['one call to subscribe, in the SFU', call.filter((each) => !HTTP_FILE.test(each))],
        ['the same call, in the HTTP API', call.filter((each) => HTTP_FILE.test(each))],
      ] as const;
      for (const [event, functions] of events) {
        rows.push([name, event, String(filesOf(functions).length), String(functions.length)]);
        note(`${name}, ${event}:\n${describe(functions)}`);
      }
    }, otherCheckout);
  }
  print('Files and functions of what ships that one event passes, in V8 coverage of the daemon');
  print(formatTable(['checkout', 'event', 'files', 'functions'], rows));
}

/** Returns the functions that a packet causes to be called, without those of reports and timers that run beside it. */
async function functionsOfPacket({ load }: RunningBench, { name: sfu, process }: RunningSfu): Promise<CalledFunction[]> {
  const track = await load.source.ask('publish', { sfu, options: LOAD });
  await load.crowd.ask('join', { sfu, tracks: [track], count: 1, atOnce: 1, diligence: 'count' });
  await load.source.ask('start', sfu);
  await sleep(WARM_UP_MS);
  await process.ask('takeCalledFunctions');
  const windows: Calls[] = [];
  const otherWindows: Calls[] = [];
  for (let taken = 0; windows.length < PACKET_WINDOWS; taken++) {
    if (taken > 20 * PACKET_WINDOWS) throw new Error('Too few windows had a packet');
    await sleep(WINDOW_MS);
    const called = await process.ask('takeCalledFunctions');
    const names = Object.keys(called);
    if (!names.some((each) => LIBUV_MARK.test(each))) (names.some((each) => PACKET_MARK.test(each)) ? windows : otherWindows).push(called);
  }
  await load.source.ask('pause', sfu);
  return calledBecauseOf(windows, otherWindows);
}

/**
 * Every publisher subscribes to the first one's track and leaves the offer unanswered. The background work of the node in the same time
 * does not count for the call.
 */
async function functionsOfSubscribing({ load }: RunningBench, { name: sfu, process, address }: RunningSfu): Promise<CalledFunction[]> {
  const api = createLoadApi(address);
  const track = await load.source.ask('publish', { sfu, options: LOAD });
  const windows: Calls[] = [];
  const idleWindows: Calls[] = [];
  for (let call = 0; call <= CALLS; call++) {
    const { remoteSessionId } = await load.source.ask('publish', { sfu, options: LOAD });
    await sleep(CALL_SETTLES_MS);
    await process.ask('takeCalledFunctions');
    const startedAtMs = performance.now();
    await api.subscribe(remoteSessionId, { tracks: [track] });
    const tookMs = performance.now() - startedAtMs;
    const called = await process.ask('takeCalledFunctions');
    if (call === 0) continue;
    windows.push(called);
    for (let idle = 0; idle < IDLE_WINDOWS; idle++) {
      await sleep(tookMs);
      idleWindows.push(await process.ask('takeCalledFunctions'));
    }
  }
  const byItself = new Set(commonTo(idleWindows, IDLE_SHARE));
  return commonTo(windows).filter((each) => !byItself.has(each));
}

/** Lists each file with its functions, to find those that contribute little. */
function describe(functions: readonly CalledFunction[]): string {
  const named = (file: string): string[] =>
    functions.filter((each) => each.startsWith(`${file}:`)).map((each) => each.slice(file.length + 1, each.lastIndexOf('@')));
  return filesOf(functions)
    .map((file) => `${file}: ${named(file).join(', ')}`)
    .join('\n');
}
