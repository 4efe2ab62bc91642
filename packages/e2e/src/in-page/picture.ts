/**
 * Pictures that tell who drew them and when: a plain colour, and a row of black and white squares across the top that count the
 * frames in binary. Both survive any codec.
 */

export interface PictureRequest {
  readonly kind: 'picture';
  /** Red, green, blue, 0 to 255. */
  readonly colour: Colour;
  /** Pixels; default 320 x 180. */
  readonly width?: number;
  readonly height?: number;
  /** Default 20. */
  readonly framesPerSecond?: number;
}

export type Colour = readonly [red: number, green: number, blue: number];

export interface SeenPicture {
  /** The colour at the centre of the picture. */
  readonly colour: Colour;
  /** The number that the squares show. */
  readonly frameNumber: number;
  readonly width: number;
  readonly height: number;
}

const COUNTER_BITS = 16;
/** The height of the counter, as a share of the picture's height. */
const COUNTER_SHARE = 1 / 6;

/** Draws until the track ends. */
export function createPictureTrack({ colour, width = 320, height = 180, framesPerSecond = 20 }: PictureRequest): MediaStreamTrack {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  let frameNumber = 0;
  drawPicture(canvas, colour, frameNumber);
  const [track] = canvas.captureStream(framesPerSecond).getVideoTracks();
  if (track === undefined) throw new Error('a canvas without a track');
  const timer = setInterval(() => {
    if (track.readyState === 'ended') clearInterval(timer);
    else drawPicture(canvas, colour, ++frameNumber);
  }, 1000 / framesPerSecond);
  return track;
}

/** Reads what a video element currently shows. @returns undefined before its first frame */
export function readPicture(video: HTMLVideoElement): SeenPicture | undefined {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0) return undefined;
  const context = contextOf(new OffscreenCanvas(width, height));
  context.drawImage(video, 0, 0);
  const pixelAt = (x: number, y: number): Colour => {
    const [red = 0, green = 0, blue = 0] = context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data;
    return [red, green, blue];
  };
  let frameNumber = 0;
  for (let bit = 0; bit < COUNTER_BITS; bit += 1) {
    const [red] = pixelAt(((bit + 0.5) * width) / COUNTER_BITS, (height * COUNTER_SHARE) / 2);
    if (red > 127) frameNumber += 2 ** bit;
  }
  return { colour: pixelAt(width / 2, height / 2), frameNumber, width, height };
}

function drawPicture(canvas: HTMLCanvasElement, [red, green, blue]: Colour, frameNumber: number): void {
  const context = contextOf(canvas);
  context.fillStyle = `rgb(${red} ${green} ${blue})`;
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (let bit = 0; bit < COUNTER_BITS; bit += 1) {
    context.fillStyle = (frameNumber >> bit) & 1 ? 'white' : 'black';
    context.fillRect((bit * canvas.width) / COUNTER_BITS, 0, canvas.width / COUNTER_BITS + 1, canvas.height * COUNTER_SHARE);
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D;
function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D;
function contextOf(canvas: HTMLCanvasElement | OffscreenCanvas) {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no 2d canvas in this browser');
  return context;
}
