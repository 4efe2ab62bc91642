/** A browser as the scenarios need it, whichever driver stands behind it. */

export interface TestBrowser {
  readonly name: 'chromium' | 'firefox';
  /** The version that the browser reports. */
  readonly version: string;
  /** Opens a tab and waits until the page is loaded. */
  openPage(url: string): Promise<TestPage>;
  close(): Promise<void>;
}

export interface TestPage {
  /** Runs a function in the page. It sees nothing of its surroundings but `argument`, which crosses as JSON. */
  evaluate<Argument, Result>(pageFunction: (argument: Argument) => Result | Promise<Result>, argument: Argument): Promise<Result>;
  /** Runs source text in the page as a script of its own. */
  evaluateText(source: string): Promise<unknown>;
  /** Errors that the page did not catch, in words. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}
