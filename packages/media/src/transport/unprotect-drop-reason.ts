import { DropReason } from '../drop-reason.ts';
import {
  UNPROTECT_FORGED,
  UNPROTECT_MALFORMED,
  UNPROTECT_NOT_READY,
  UNPROTECT_REPLAYED,
  UNPROTECT_UNEXPECTED,
} from '../secure-endpoint.ts';

const DROP_REASONS = new Map<number, DropReason>([
  [UNPROTECT_NOT_READY, DropReason.RtpBeforeKeys],
  [UNPROTECT_MALFORMED, DropReason.RtpMalformed],
  [UNPROTECT_FORGED, DropReason.SrtpAuthFailed],
  [UNPROTECT_REPLAYED, DropReason.SrtpReplayed],
  [UNPROTECT_UNEXPECTED, DropReason.UnknownSsrc],
]);

/** @param refusal negative result of `unprotectRtp` or `unprotectRtcp` */
export function unprotectDropReason(refusal: number): DropReason {
  return DROP_REASONS.get(refusal) ?? DropReason.RtpMalformed;
}
