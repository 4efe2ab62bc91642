import { createLogger, format, transports } from 'winston';
import { redact } from './redact.ts';

/** The severity of an entry. */
export type LogLevel = 'error' | 'warn' | 'info' | 'http' | 'debug';

/** Levels in descending order of severity, like winston's npm levels. */
export const LOG_LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'http', 'debug'];

/** The log of the gateway. A winston logger is one. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Writes one JSON object per line, without secrets, to standard error; standard output is for people. */
export function createJsonLogger(level: LogLevel): Logger {
  const winston = createLogger({
    level,
    format: format.combine(format.timestamp(), format((info) => Object.assign(info, redact({ ...info })))(), format.json()),
    transports: [new transports.Stream({ stream: process.stderr })],
  });
  return {
    log(entryLevel, message, fields) {
      // winston formats entries even if it does not write them, which is a fifth of the cost of a refused request.
      if (winston.isLevelEnabled(entryLevel)) winston.log(entryLevel, message, fields);
    },
  };
}
