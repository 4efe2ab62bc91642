import { UNPROTECT_FORGED, UNPROTECT_MALFORMED, UNPROTECT_NOT_READY, UNPROTECT_REPLAYED, UNPROTECT_UNEXPECTED } from '@causeway/media';
import { DROP_REASON_NAMES, DropCounters, DropReason, unprotectDropReason } from '../src/drop-reason.ts';

describe('drop reasons', () => {
  test('are numbered without a gap, so that a reason is the index of its counter and its name', () => {
    expect(Object.values(DropReason)).toEqual(DROP_REASON_NAMES.map((_, index) => index));
  });

  test.each([
    [DropReason.UnknownPath, 'unknown-path'],
    [DropReason.StunBadIntegrity, 'stun-bad-integrity'],
    [DropReason.DtlsFromUnvalidatedPath, 'dtls-from-unvalidated-path'],
    [DropReason.Paused, 'paused'],
    [DropReason.RtxNotInHistory, 'rtx-not-in-history'],
  ])('reason %i is shown as %s', (reason, name) => {
    expect(DROP_REASON_NAMES[reason]).toBe(name);
  });

  test('are counted apart', () => {
    const drops = new DropCounters();

    drops.increment(DropReason.SrtpReplayed);
    drops.increment(DropReason.SrtpReplayed);
    drops.increment(DropReason.Paused);

    expect(drops.count(DropReason.SrtpReplayed)).toBe(2);
    expect(drops.snapshot()).toMatchObject({ 'srtp-replayed': 2, paused: 1, 'unknown-path': 0 });
    expect(Object.keys(drops.snapshot())).toEqual(DROP_REASON_NAMES);
  });

  test('give a snapshot that later drops do not change', () => {
    const drops = new DropCounters();
    const snapshot = drops.snapshot();

    drops.increment(DropReason.Unclassified);

    expect(snapshot.unclassified).toBe(0);
    expect(drops.snapshot().unclassified).toBe(1);
  });
});

test('each refusal of the secure endpoint is a negative number of its own and is counted under its own name', () => {
  const refusals = [UNPROTECT_NOT_READY, UNPROTECT_MALFORMED, UNPROTECT_FORGED, UNPROTECT_REPLAYED, UNPROTECT_UNEXPECTED];

  expect(new Set(refusals).size).toBe(refusals.length);
  expect(refusals.filter((refusal) => refusal >= 0)).toEqual([]);
  expect(refusals.map(unprotectDropReason)).toEqual([
    DropReason.RtpBeforeKeys,
    DropReason.RtpMalformed,
    DropReason.SrtpAuthFailed,
    DropReason.SrtpReplayed,
    DropReason.UnknownSsrc,
  ]);
});

test('a refusal that nobody knows counts as malformed', () => {
  expect(unprotectDropReason(-99)).toBe(DropReason.RtpMalformed);
});
