import { codecIdentity, parseFmtp } from '@causeway/wire';

function codec(name: string, fmtp = '', clockRateHz = 90_000, channels = 1) {
  return { name, clockRateHz, channels, fmtp };
}

describe('codecIdentity', () => {
  it.each([
    ['names in another case', codec('VP8'), codec('vp8')],
    ['wishes of the receiver', codec('VP8', 'max-fs=12288;max-fr=60'), codec('VP8')],
    ['stereo opus', codec('opus', 'stereo=1', 48_000, 2), codec('OPUS', 'minptime=10', 48_000, 2)],
    ['the default VP9 profile', codec('VP9', 'profile-id=0'), codec('VP9')],
    ['AV1 levels', codec('AV1', 'level-idx=5;profile=0;tier=0'), codec('AV1')],
    [
      'H.264 levels',
      codec('H264', 'packetization-mode=1;profile-level-id=42e01f'),
      codec('H264', 'profile-level-id=42E034;packetization-mode=1'),
    ],
    ['two spellings of Constrained Baseline', codec('H264', 'profile-level-id=42e01f'), codec('H264', 'profile-level-id=4d801f')],
    ['the default H.264 profile', codec('H264', 'packetization-mode=0'), codec('H264', 'profile-level-id=42001f')],
  ])('is the same for %s', (_name, one, other) => {
    expect(codecIdentity(one)).toBe(codecIdentity(other));
  });

  it.each([
    ['VP9 profiles', codec('VP9', 'profile-id=0'), codec('VP9', 'profile-id=2')],
    ['H.264 profiles', codec('H264', 'profile-level-id=42e01f'), codec('H264', 'profile-level-id=64001f')],
    ['Baseline and Constrained Baseline', codec('H264', 'profile-level-id=42001f'), codec('H264', 'profile-level-id=42e01f')],
    ['H.264 packetization modes', codec('H264', 'packetization-mode=1'), codec('H264', 'packetization-mode=0')],
    ['channels', codec('opus', '', 48_000, 2), codec('opus', '', 48_000, 1)],
    ['clock rates', codec('L16', '', 8000), codec('L16', '', 16_000)],
    ['what is retransmitted', codec('rtx', 'apt=96'), codec('rtx', 'apt=98')],
    ['unnamed H.264 profiles', codec('H264', 'profile-level-id=531f1f'), codec('H264', 'profile-level-id=56001f')],
  ])('differs for %s', (_name, one, other) => {
    expect(codecIdentity(one)).not.toBe(codecIdentity(other));
  });
});

describe('parseFmtp', () => {
  it('reads names in any case, bare names and values with equals signs; the first of equal names counts', () => {
    const parameters = parseFmtp('A=1; b ;sprop-parameter-sets=Z0==,aM==;a=2;;=x');

    expect([...parameters]).toEqual([
      ['a', '1'],
      ['b', ''],
      ['sprop-parameter-sets', 'Z0==,aM=='],
    ]);
  });
});
