/** Reads one audio or video section of a client's description into the terms of the negotiation. */
import type { AnnouncedSsrcPlan, MediaKind } from '@causeway/media';
import type { SdpExtension, SdpSection } from '@causeway/wire';
import { CodecReader } from './codecs.ts';
import { shareExtensions, usableExtensions } from './header-extensions.ts';
import type { RtpSection } from './state.ts';

/** The second SSRC of these groups repairs the first and is not a stream of its own (RFC 5576 §4.2, RFC 8627 §5). */
const REPAIR_GROUPS: ReadonlySet<string> = new Set(['FID', 'FEC-FR', 'FEC']);

/** The protocol that every browser names. A string cut out of a description would keep the whole description in memory. */
const USUAL_PROTOCOL = 'UDP/TLS/RTP/SAVPF';

export type ClientFacts = Pick<
  RtpSection,
  'protocol' | 'clientSends' | 'clientReceives' | 'codecs' | 'extensions' | 'rtcpRsize' | 'ssrcs' | 'rids' | 'isSimulcast'
>;

/** Reads the sections of one description. Sections with the same list of codecs or extensions share the result. */
export class ClientSectionReader {
  readonly codecs = new CodecReader();
  readonly #usableExtensions = new Map<readonly SdpExtension[], readonly SdpExtension[]>();

  read(section: SdpSection, kind: MediaKind): ClientFacts {
    const rids = sentRids(section);
    return {
      protocol: section.protocol === USUAL_PROTOCOL ? USUAL_PROTOCOL : section.protocol,
      clientSends: section.direction === 'sendonly' || section.direction === 'sendrecv',
      clientReceives: section.direction === 'recvonly' || section.direction === 'sendrecv',
      codecs: this.codecs.supported(kind, section.codecs),
      extensions: this.#usable(section.extensions),
      rtcpRsize: section.rtcpRsize,
      // Firefox announces both; the rid in the packets then identifies the layer.
      ssrcs: rids.length > 0 ? [] : announcedSsrcs(section),
      rids,
      isSimulcast: (section.simulcast?.send.length ?? 0) > 0,
    };
  }

  #usable(offered: readonly SdpExtension[]): readonly SdpExtension[] {
    const usable = this.#usableExtensions.get(offered) ?? shareExtensions(usableExtensions(offered));
    this.#usableExtensions.set(offered, usable);
    return usable;
  }
}

/** Lists each rid once, so that there are no more than a section may declare; a line of `a=simulcast` has room for thousands. */
function sentRids(section: SdpSection): readonly string[] {
  const declared = new Set(section.rids.filter(({ direction }) => direction === 'send').map(({ id }) => id));
  const ordered = new Set(section.simulcast?.send.filter((rid) => declared.has(rid)));
  return [...(ordered.size > 0 ? ordered : declared)];
}

export function announcedSsrcs(section: SdpSection): readonly AnnouncedSsrcPlan[] {
  const rtxOf = new Map<number, number>();
  const repairs = new Set<number>();
  for (const { semantics, ssrcs } of section.ssrcGroups) {
    const [primary, repair] = ssrcs;
    if (!REPAIR_GROUPS.has(semantics) || primary === undefined || repair === undefined) continue;
    repairs.add(repair);
    if (semantics === 'FID') rtxOf.set(primary, repair);
  }
  return section.ssrcs.filter(({ ssrc }) => !repairs.has(ssrc)).map(({ ssrc }) => ({ ssrc, rtxSsrc: rtxOf.get(ssrc) }));
}
