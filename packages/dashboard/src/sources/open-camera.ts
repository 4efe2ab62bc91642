import type { LocalSource, PictureSize } from './local-source.ts';

/**
 * Opens camera and microphone, or the one of them that exists.
 *
 * @throws DOMException as `getUserMedia` does; `NotFoundError` also where the browser offers no capture, as on plain http
 * @see Media Capture and Streams §10.2
 */
export async function openCamera({ widthPixels, heightPixels }: PictureSize): Promise<LocalSource> {
  const stream = await capture({ width: { ideal: widthPixels }, height: { ideal: heightPixels } });
  const names = { audio: 'microphone', video: 'camera' } as Record<string, string>;
  return {
    kind: 'camera',
    tracks: [...stream.getVideoTracks(), ...stream.getAudioTracks()].map((track) => ({ track, name: names[track.kind] ?? track.kind })),
    relabel: () => undefined,
    stop: () => {
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

/** Whether there is a camera or microphone. Does not ask for permission. */
export async function hasCaptureDevice(): Promise<boolean> {
  const devices = (await mediaDevices()?.enumerateDevices()) ?? [];
  return devices.some(({ kind }) => kind === 'videoinput');
}

async function capture(video: MediaTrackConstraints): Promise<MediaStream> {
  const devices = mediaDevices();
  if (devices === undefined) throw new DOMException('Cameras require a page that is served over HTTPS or from localhost.', 'NotFoundError');
  try {
    return await devices.getUserMedia({ audio: true, video });
  } catch (failure) {
    if (!(failure instanceof DOMException) || failure.name !== 'NotFoundError') throw failure;
    return devices.getUserMedia({ video }).catch(() => devices.getUserMedia({ audio: true }));
  }
}

/** The DOM types promise it everywhere; browsers leave it out on insecure origins. */
function mediaDevices(): MediaDevices | undefined {
  return navigator.mediaDevices as MediaDevices | undefined;
}
