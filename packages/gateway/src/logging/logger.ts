export type LogLevel = 'error' | 'warn' | 'info' | 'http' | 'debug';

/** Levels from the most to the least important, as winston's npm levels order them. */
export const LOG_LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'http', 'debug'];

/** Where the gateway writes what happened. A winston logger is one. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}
