const PATHS = {
  camera: 'M2 4.5h8.5v7H2zM10.5 7l3.5-2v6l-3.5-2',
  cameraOff: 'M2 4.5h6.5m2 2v5H2v-7M10.5 7l3.5-2v6l-3.5-2M1.5 1.5l13 13',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  close: 'M4 4l8 8M12 4l-8 8',
  code: 'M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  external: 'M9 2.5h4.5V7M13.5 2.5L7.5 8.5M11.5 9v4.5h-9v-9H7',
  leave: 'M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3',
  microphone: 'M8 2a1.8 1.8 0 0 1 1.8 1.8v3.7a1.8 1.8 0 0 1-3.6 0V3.8A1.8 1.8 0 0 1 8 2zM4 7.5a4 4 0 0 0 8 0M8 11.5V14',
  microphoneOff: 'M9.8 6.5V3.8a1.8 1.8 0 0 0-3.6 0v3.7c0 .6.3 1.1.7 1.5M4 7.5a4 4 0 0 0 6 3.4M8 11.5V14M1.5 1.5l13 13',
  sound: 'M2.5 6.2v3.6H5l3.5 3V3.2L5 6.2zM11 5.5a3.5 3.5 0 0 1 0 5M12.8 3.5a6 6 0 0 1 0 9',
  soundOff: 'M2.5 6.2v3.6H5l3.5 3V3.2L5 6.2zM11 6.2l3.6 3.6M14.6 6.2L11 9.8',
} as const;

export type IconName = keyof typeof PATHS;

/** A 16 pixel line drawing in the colour of the text; decoration, hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
