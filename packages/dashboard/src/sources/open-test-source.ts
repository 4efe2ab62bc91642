import type { LocalSource, PictureSize } from './local-source.ts';
import { openTestTone } from './open-test-tone.ts';
import { openTestPicture } from './test-picture/open-test-picture.ts';

/** @param label shown in the picture */
export function openTestSource(size: PictureSize, label: string): LocalSource {
  const picture = openTestPicture(size, label);
  const tone = openTestTone();
  return {
    kind: 'test-picture',
    tracks: [
      { track: picture.track, name: 'test-picture' },
      { track: tone.track, name: 'test-tone' },
    ],
    relabel: picture.relabel,
    stop: () => {
      picture.stop();
      tone.stop();
    },
  };
}
