import { UNPROTECT_FORGED, UNPROTECT_MALFORMED, UNPROTECT_NOT_READY, UNPROTECT_REPLAYED, UNPROTECT_UNEXPECTED } from '@causeway/media';
import { DropReason } from '../../src/drop-reason.ts';
import { unprotectDropReason } from '../../src/transport/unprotect-drop-reason.ts';

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
