import type { MediaAttributes } from 'sdp-transform';
import type { SdpMsid, SdpSsrc, SdpSsrcGroup } from './description.ts';
import { msidOf, text, wholeNumber } from './read-values.ts';

const MAX_SSRC = 2 ** 32 - 1;

/** `a=ssrc` lines, folded to one entry for each SSRC in the order of first mention (RFC 5576 §4.1). */
export function readSsrcs(media: MediaAttributes): readonly SdpSsrc[] {
  const ssrcs = new Map<number, { ssrc: number; cname: string | undefined; msid: SdpMsid | undefined }>();
  for (const line of media.ssrcs ?? []) {
    const ssrc = wholeNumber(line.id, 0, MAX_SSRC);
    if (ssrc === undefined) continue;
    const entry = ssrcs.get(ssrc) ?? { ssrc, cname: undefined, msid: undefined };
    const value = text(line.value);
    if (line.attribute === 'cname') entry.cname = value;
    if (line.attribute === 'msid' && value !== undefined) entry.msid = msidOf(value);
    ssrcs.set(ssrc, entry);
  }
  return [...ssrcs.values()];
}

export function readSsrcGroups(media: MediaAttributes): readonly SdpSsrcGroup[] {
  const groups = [];
  for (const line of media.ssrcGroups ?? []) {
    const ssrcs = String(line.ssrcs)
      .split(' ')
      .map((word) => (word === '' ? undefined : wholeNumber(Number(word), 0, MAX_SSRC)))
      .filter((ssrc) => ssrc !== undefined);
    if (ssrcs.length > 1) groups.push({ semantics: String(line.semantics), ssrcs });
  }
  return groups;
}
