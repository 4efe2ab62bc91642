/** What the naive SFU's process does when asked; all else goes over its HTTP API. */
export interface YardstickVerbs {
  /** @returns the port of 127.0.0.1 that the API is served on */
  listen(): Promise<number>;
}
