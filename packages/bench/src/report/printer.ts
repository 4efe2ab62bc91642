/** Where results and, apart from them, signs of life go. */
export interface Printer {
  readonly print: (text: string) => void;
  readonly note: (text: string) => void;
}
