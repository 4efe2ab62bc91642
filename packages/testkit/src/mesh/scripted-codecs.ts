import type { SdpCodec } from '@causeway/wire';

const FEEDBACK = [
  { type: 'transport-cc', parameter: '' },
  { type: 'nack', parameter: '' },
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
] as const;

const CODECS: Readonly<Record<string, SdpCodec>> = {
  vp8: { payloadType: 96, name: 'VP8', clockRateHz: 90_000, channels: 1, fmtp: '', feedback: FEEDBACK },
  vp9: { payloadType: 98, name: 'VP9', clockRateHz: 90_000, channels: 1, fmtp: 'profile-id=0', feedback: FEEDBACK },
  h264: {
    payloadType: 102,
    name: 'H264',
    clockRateHz: 90_000,
    channels: 1,
    fmtp: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    feedback: FEEDBACK,
  },
  opus: { payloadType: 111, name: 'opus', clockRateHz: 48_000, channels: 2, fmtp: 'minptime=10;useinbandfec=1', feedback: [FEEDBACK[0]] },
  'opus-nack': {
    payloadType: 111,
    name: 'opus',
    clockRateHz: 48_000,
    channels: 2,
    fmtp: 'minptime=10;useinbandfec=1',
    feedback: [FEEDBACK[0], FEEDBACK[1]],
  },
  red: { payloadType: 63, name: 'red', clockRateHz: 48_000, channels: 2, fmtp: '111/111', feedback: [] },
  pcmu: { payloadType: 0, name: 'PCMU', clockRateHz: 8000, channels: 1, fmtp: '', feedback: [] },
};

/** Returns the codec as a client offers it, with RTX if it is a video codec. */
export function withRtx(name: string): readonly SdpCodec[] {
  const codec = CODECS[name];
  if (codec === undefined) throw new Error(`there is no codec ${name}`);
  if (isAudio(name)) return [codec];
  const rtx = {
    payloadType: codec.payloadType + 1,
    name: 'rtx',
    clockRateHz: 90_000,
    channels: 1,
    fmtp: `apt=${codec.payloadType}`,
    feedback: [],
  };
  return [codec, rtx];
}

export function isAudio(name: string): boolean {
  return ['opus', 'opus-nack', 'red', 'pcmu'].includes(name);
}
