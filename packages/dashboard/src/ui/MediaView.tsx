import { useEffect, useRef, useState } from 'react';

interface MediaViewProps {
  readonly tracks: readonly MediaStreamTrack[];
  readonly isMuted: boolean;
  readonly isMirrored?: boolean;
  readonly label: string;
  /** The browser plays no sound before the user has clicked on the page. */
  readonly onSoundBlocked?: () => void;
}

/** Plays tracks that may come and go, without a blink in those that stay. */
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
