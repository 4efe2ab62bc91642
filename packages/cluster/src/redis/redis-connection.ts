/** What a link needs of a Redis client; implemented by ioredis, and by a model of Redis in tests. */
export interface RedisConnection {
  readonly status: string;
  on(event: 'ready' | 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  call(name: string, ...words: (string | number)[]): Promise<unknown>;
  pipeline(): {
    call(name: string, ...words: (string | number)[]): unknown;
    /** Rejects if there is no connection; a command that Redis refuses shows in its own place. */
    exec(): Promise<[Error | null, unknown][] | null>;
  };
  subscribe(channel: string): Promise<unknown>;
  connect(): Promise<unknown>;
  disconnect(): void;
}
