import { useEffect, useRef, useState } from 'react';

interface MediaViewProps {
  readonly tracks: readonly MediaStreamTrack[];
  readonly isMuted: boolean;
  readonly isMirrored?: boolean;
  readonly label: string;
  /** Called if the browser plays no sound because the user has not clicked on the page yet. */
  readonly onSoundBlocked?: () => void;
}

/** Plays tracks that may be added and removed, without interrupting the others. */
export function MediaView({ tracks, isMuted, isMirrored = false, label, onSoundBlocked }: MediaViewProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [stream] = useState(() => new MediaStream());

  useEffect(() => {
    for (const old of stream.getTracks()) if (!tracks.includes(old)) stream.removeTrack(old);
    for (const next of tracks) stream.addTrack(next);
  }, [stream, tracks]);

  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    if (element.srcObject !== stream) element.srcObject = stream;
    element.play().catch((failure: DOMException) => {
      if (failure.name === 'NotAllowedError') onSoundBlocked?.();
    });
  }, [stream, onSoundBlocked]);

  return (
    <video
      ref={video}
      className="media-view"
      data-mirrored={isMirrored || undefined}
      aria-label={label}
      muted={isMuted}
      autoPlay
      playsInline
      disablePictureInPicture
    />
  );
}
