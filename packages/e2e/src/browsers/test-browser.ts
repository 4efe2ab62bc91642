/** The interface to a browser that scenarios use, independent of its driver. */

export interface TestBrowser {
  readonly name: 'chromium' | 'firefox';
  /** The version that the browser reports. */
  readonly version: string;
  /** Opens a tab and waits until the page is loaded. */
  openPage(url: string): Promise<TestPage>;
  close(): Promise<void>;
}

export interface TestPage {
  /** Runs a function in the page. It cannot use variables around it, only `argument`, which is passed as JSON. */
  evaluate<Argument, Result>(pageFunction: (argument: Argument) => Result | Promise<Result>, argument: Argument): Promise<Result>;
  /** Runs source text in the page as a script of its own. */
  evaluateText(source: string): Promise<unknown>;
  /** Messages of the errors that the page did not catch. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}
