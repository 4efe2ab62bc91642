import type { TransportPlan } from '@causeway/media';
import type { TokenGrants } from '@causeway/protocol';
import type { MediaPlan } from '../negotiation/index.ts';

/** What a session may send and be sent, where its token says so. */
export type SessionRates = Pick<TransportPlan, 'maxUploadBps' | 'maxDownloadBps'>;

const BPS_PER_KBPS = 1_000;

export function ratesOf(creator: TokenGrants | undefined): SessionRates {
  const { kbpsUp, kbpsDown } = creator?.max ?? {};
  return {
    ...(kbpsUp !== undefined && { maxUploadBps: kbpsUp * BPS_PER_KBPS }),
    ...(kbpsDown !== undefined && { maxDownloadBps: kbpsDown * BPS_PER_KBPS }),
  };
}

/** The plan with its transport held to these rates. */
export function withRates(media: MediaPlan, rates: SessionRates): MediaPlan {
  const { transport } = media;
  if (transport === undefined || Object.keys(rates).length === 0) return media;
  return { ...media, transport: { ...transport, ...rates } };
}
