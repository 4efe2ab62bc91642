/**
 * Reports by stream on what was received, in both directions (RFC 8888). They cover a transport, so that all m-sections agree to them or
 * none does.
 */
import { offersReportsByStream } from './codecs.ts';
import type { RtpSection, Section } from './state.ts';

/**
 * Whether client and SFU report by stream: the client offers it on every m-section. Transport-wide feedback is then not agreed to, which
 * Chromium offers as well.
 */
export function reportsByStream(sections: readonly Section[]): boolean {
  let isOffered = false;
  for (const section of sections) {
    if (section.type !== 'rtp') continue;
    if (!offersReports(section)) return false;
    isOffered = true;
  }
  return isOffered;
}

function offersReports(section: RtpSection): boolean {
  const codecs = section.sending.type === 'live' ? section.sending.subscription.codecs : section.codecs;
  return codecs.some(offersReportsByStream);
}
