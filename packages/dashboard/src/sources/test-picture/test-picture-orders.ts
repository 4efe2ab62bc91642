/** What the page tells the worker that paints the test picture. */
export type TestPictureOrder =
  | {
      readonly order: 'start';
      /** Takes the frames; the worker owns it from now on. */
      readonly writable: WritableStream<VideoFrame>;
      readonly widthPixels: number;
      readonly heightPixels: number;
      readonly framesPerSecond: number;
      readonly label: string;
    }
  | { readonly order: 'relabel'; readonly label: string };
