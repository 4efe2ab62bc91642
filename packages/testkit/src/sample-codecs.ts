import type { CodecPlan } from '@causeway/media';

export const VP8: CodecPlan = {
  payloadType: 96,
  name: 'vp8',
  clockRateHz: 90_000,
  channels: 1,
  fmtp: '',
  rtxPayloadType: 97,
  nack: true,
  pli: true,
  fir: true,
};

export const OPUS: CodecPlan = {
  payloadType: 111,
  name: 'opus',
  clockRateHz: 48_000,
  channels: 2,
  fmtp: 'minptime=10;useinbandfec=1',
  rtxPayloadType: undefined,
  nack: false,
  pli: false,
  fir: false,
};

/** The codec for several packets of `OPUS` in one. */
export const RED: CodecPlan = { ...OPUS, payloadType: 63, name: 'red', fmtp: '111/111' };
