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

/** The product's mark: a causeway on two arches. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M1.5 7.5h21M3.5 17.5v-2a3.6 3.6 0 0 1 7.2 0v2M13.3 17.5v-2a3.6 3.6 0 0 1 7.2 0v2" />
    </svg>
  );
}

/** Line drawing of a test card, shown while there is no picture. */
export function TestCard() {
  return (
    <svg className="test-card" viewBox="0 0 320 180" aria-hidden="true">
      <path d="M.5.5h319v179H.5zM160 .5v179M.5 90h319" />
      <path d="M40 .5v179M80 .5v179M120 .5v179M200 .5v179M240 .5v179M280 .5v179M.5 50h319M.5 130h319" className="faint" />
      <circle cx="160" cy="90" r="74" />
      <circle cx="160" cy="90" r="3" />
      <path d="M.5 20V.5H20M300 .5h19.5V20M319.5 160v19.5H300M20 179.5H.5V160" className="strong" />
    </svg>
  );
}
