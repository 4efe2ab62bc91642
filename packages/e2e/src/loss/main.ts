/** `scripts/loss [--seconds N] [per cent...]`: prints what Chromium receives of a call with loss, and fails if that is too little. */
import { parseArgs } from 'node:util';
import { holdLossyCall, type LossyCallReport } from './lossy-call.ts';

/** Up to this loss no freeze may exceed a second; above it, the picture may be frozen for a twentieth of the time. */
const LIGHT_LOSS = 0.05;
const LONGEST_FREEZE_MS = 1000;
const MAX_FROZEN_SHARE = 0.05;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '60' } },
});
const seconds = Number(values.seconds);
const perCents = (positionals.length === 0 ? ['0', '5', '10'] : positionals).map(Number);
if (!(seconds > 0) || perCents.some((perCent) => !(perCent >= 0 && perCent < 100))) {
  process.stderr.write('scripts/loss [--seconds 60] [per cent of datagrams lost, 0 5 10 unless given]\n');
  process.exit(2);
}
for (const perCent of perCents) {
  const report = await holdLossyCall({ loss: perCent / 100, seconds });
  const fault = faultOf(report, perCent / 100);
  process.stdout.write(`${describe(perCent, report)}${fault === undefined ? '' : `\n  ! ${fault}`}\n`);
  if (fault !== undefined) process.exitCode = 1;
}

/** @returns a description of the bound that does not hold */
function faultOf({ playback }: LossyCallReport, loss: number): string | undefined {
  const { framesDecoded, frozenMs, longestFreezeMs } = playback;
  if (framesDecoded === 0) return 'nothing was decoded';
  if (loss <= LIGHT_LOSS && longestFreezeMs > LONGEST_FREEZE_MS) return `a freeze was longer than ${LONGEST_FREEZE_MS} ms`;
  if (frozenMs > playback.seconds * 1000 * MAX_FROZEN_SHARE)
    return `the picture stood still for more than ${100 * MAX_FROZEN_SHARE} % of the time`;
  return undefined;
}

function describe(perCent: number, { playback, sentBps, publisherNackCount, publisherPliCount, dropped }: LossyCallReport): string {
  const { framesDecoded, keyFramesDecoded, freezeCount, frozenMs, longestFreezeMs, packetsReceived, packetsRepaired } = playback;
  const frozenPerCent = frozenMs / (playback.seconds * 10);
  return [
    `${perCent} % of the datagrams lost both ways, ${playback.seconds.toFixed(0)} s:`,
    `  decoded ${framesDecoded} frames (${(framesDecoded / playback.seconds).toFixed(1)} a second), ${keyFramesDecoded} keyframes`,
    `  frozen ${freezeCount} times, ${frozenMs.toFixed(0)} ms in all (${frozenPerCent.toFixed(2)} %), the longest ${longestFreezeMs.toFixed(0)} ms`,
    `  subscriber: ${packetsReceived} packets, ${packetsRepaired} of them repairs; ${playback.nackCount} NACKs and ${playback.pliCount} PLIs sent`,
    `  publisher: ${(sentBps / 1000).toFixed(0)} kbit/s; ${publisherNackCount} NACKs and ${publisherPliCount} PLIs from the SFU`,
    `  the kernel dropped ${dropped.toPort} datagrams to the SFU and ${dropped.fromPort} from it`,
  ].join('\n');
}
