/**
 * The test picture: a clock with milliseconds, whose session it is, colour bars that travel over a ramp of greys, and a hand that
 * turns once a second and flashes with the pip of `open-test-source.ts`. Freezes, delay, lip-sync errors and banding can be seen with
 * the bare eye. The ground has a hue of its own for each label, so that many pictures side by side are told apart.
 */
export interface TestPictureFrame {
  readonly widthPixels: number;
  readonly heightPixels: number;
  /** Milliseconds since 1970. */
  readonly wallClockMs: number;
  readonly label: string;
}

type Canvas2d = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** A frame together with its own scale: one unit is 1 % of the height. */
interface Scene extends TestPictureFrame {
  readonly unit: number;
  readonly hue: number;
}

/** 75 % bars in the order of falling brightness. @see ITU-R BT.471 */
const BARS = ['#bfbfbf', '#bfbf00', '#00bfbf', '#00bf00', '#bf00bf', '#bf0000', '#0000bf'] as const;
const MS_PER_BAR = 2_000;
const GREYS = 16;
/** Where bars and ramp are, in units from the top. */
const BARS_TOP = 78;
const RAMP_TOP = 94;
const FLASH_MS = 120;
const FLASH = '#ffb02e';
const INK = '#eef2f2';
const MONO = 'ui-monospace, Menlo, Consolas, monospace';

export function paintTestPicture(canvas: Canvas2d, frame: TestPictureFrame): void {
  const scene: Scene = { ...frame, unit: frame.heightPixels / 100, hue: hueOf(frame.label) };
  paintGround(canvas, scene);
  paintBars(canvas, scene);
  paintRamp(canvas, scene);
  paintHand(canvas, scene);
  paintText(canvas, scene);
}

function paintGround(canvas: Canvas2d, { widthPixels, heightPixels, unit, hue }: Scene): void {
  canvas.fillStyle = `hsl(${hue} 24% 15%)`;
  canvas.fillRect(0, 0, widthPixels, heightPixels);
  canvas.strokeStyle = `hsl(${hue} 18% 27%)`;
  canvas.lineWidth = Math.max(unit / 4, 1);
  canvas.beginPath();
  for (let x = (widthPixels / 2) % (13 * unit); x < widthPixels; x += 13 * unit) {
    canvas.moveTo(x, 0);
    canvas.lineTo(x, BARS_TOP * unit);
  }
  for (let y = 0; y <= BARS_TOP * unit; y += 13 * unit) {
    canvas.moveTo(0, y);
    canvas.lineTo(widthPixels, y);
  }
  canvas.stroke();
}

function paintBars(canvas: Canvas2d, { widthPixels, wallClockMs, unit }: Scene): void {
  const barWidth = widthPixels / BARS.length;
  const travelled = (wallClockMs / MS_PER_BAR) % BARS.length;
  for (let place = -1; place < BARS.length; place++) {
    const index = (place - Math.floor(travelled) + 2 * BARS.length) % BARS.length;
    canvas.fillStyle = BARS[index] ?? INK;
    const left = Math.floor((place + (travelled % 1)) * barWidth);
    canvas.fillRect(left, BARS_TOP * unit, Math.ceil(barWidth) + 1, (RAMP_TOP - BARS_TOP) * unit);
  }
}

/** The ramp is where crushed blacks and the banding of a low bitrate are visible first. */
function paintRamp(canvas: Canvas2d, { widthPixels, heightPixels, unit }: Scene): void {
  for (let step = 0; step < GREYS; step++) {
    const grey = Math.round((step * 255) / (GREYS - 1));
    canvas.fillStyle = `rgb(${grey} ${grey} ${grey})`;
    const left = Math.floor((step * widthPixels) / GREYS);
    canvas.fillRect(left, RAMP_TOP * unit, Math.ceil(widthPixels / GREYS) + 1, heightPixels - RAMP_TOP * unit);
  }
}

function paintHand(canvas: Canvas2d, { widthPixels, wallClockMs, unit, hue }: Scene): void {
  const x = widthPixels / 2 - 49 * unit;
  const y = 39 * unit;
  const phaseMs = wallClockMs % 1000;
  const isFlash = phaseMs < FLASH_MS;
  const top = -Math.PI / 2;
  canvas.beginPath();
  canvas.arc(x, y, 13 * unit, 0, 2 * Math.PI);
  canvas.fillStyle = isFlash ? FLASH : `hsl(${hue} 20% 22%)`;
  canvas.fill();
  if (isFlash) return;
  canvas.beginPath();
  canvas.moveTo(x, y);
  canvas.arc(x, y, 13 * unit, top, top + (phaseMs / 1000) * 2 * Math.PI);
  canvas.fillStyle = INK;
  canvas.fill();
}

function paintText(canvas: Canvas2d, { widthPixels, heightPixels, wallClockMs, label, unit, hue }: Scene): void {
  const left = widthPixels / 2 - 31 * unit;
  canvas.textBaseline = 'alphabetic';
  canvas.textAlign = 'left';
  canvas.fillStyle = INK;
  canvas.font = `600 ${16 * unit}px ${MONO}`;
  canvas.fillText(timeOfDay(wallClockMs), left, 40.5 * unit, 96 * unit);
  canvas.fillStyle = `hsl(${hue} 30% 72%)`;
  canvas.font = `400 ${7 * unit}px ${MONO}`;
  canvas.fillText(`${label}  ${widthPixels}×${heightPixels}`, left, 51 * unit, 96 * unit);
}

/** Local time as `hh:mm:ss.mmm`. */
function timeOfDay(wallClockMs: number): string {
  const time = new Date(wallClockMs);
  const two = (value: number) => value.toString().padStart(2, '0');
  const milliseconds = time.getMilliseconds().toString().padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${milliseconds}`;
}

/** Degrees on the colour wheel; 36 steps are as many as can be told apart. */
function hueOf(label: string): number {
  let hash = 0;
  for (const character of label) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 0xffff;
  return (hash % 36) * 10;
}
