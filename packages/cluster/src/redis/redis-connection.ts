/** The part of a Redis client that a link uses. ioredis implements it, and so does a model of Redis in tests. */
export interface RedisConnection {
  readonly status: string;
  on(event: 'ready' | 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  call(name: string, ...words: (string | number)[]): Promise<unknown>;
  pipeline(): {
    call(name: string, ...words: (string | number)[]): unknown;
    /** Rejects if there is no connection. The error of a refused command is in that command's place. */
    exec(): Promise<[Error | null, unknown][] | null>;
  };
  subscribe(channel: string): Promise<unknown>;
  connect(): Promise<unknown>;
  disconnect(): void;
}
