/** The verbs of the naive SFU's process. Everything else goes through its HTTP API. */
export interface YardstickVerbs {
  /** @returns the port on 127.0.0.1 on which the API is served */
  listen(): Promise<number>;
}
