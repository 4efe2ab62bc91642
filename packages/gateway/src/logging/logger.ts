import { createLogger, format, transports } from 'winston';

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

const REDACTED = '[redacted]';
const MAX_DEPTH = 8;

/** Fields that always count as secrets, or as SDP. */
const SECRET_FIELD =
  /^(?:authorization|cookie|set-cookie|password|clusterkey|tokenkey|masterkey|metricstoken|privatekey|(?:oidc)?client_?secret|code_?verifier|(?:id|access|refresh)_?token|redisurl|seed|recoverycodes|invitationtoken|secrets?|setuptoken|appsecret|token|sessiontoken|sdp|sessiondescription|idempotency-key)$/i;

/** A JWT in any position. Its header is a JSON object, which begins with `{"` and therefore in base64 with these letters. */
const TOKEN = /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g;

/** A secret of an app or a webhook, a key of the admin API, or a token of a set-up, sign-in or invitation. */
const KEY = /\b(?:cw(?:s|a|p|i|setup)_[A-Za-z0-9_-]{8,}|wh(?:sec|sk)_[A-Za-z0-9+/=_-]{8,})/g;

/** Secrets within longer texts, such as an error message that quotes a header or SDP. */
const SECRET_TEXTS: readonly [pattern: RegExp, replacement: string][] = [
  [TOKEN, REDACTED],
  [KEY, REDACTED],
  [/(\botpauth:\/\/)[^\s"']+/gi, `$1${REDACTED}`],
  [/\bBearer\s+[^\s"',]+/gi, `Bearer ${REDACTED}`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s"'/@:]*:)[^\s"'/@]+(?=@)/gi, `$1${REDACTED}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  [/([?&](?:token|sentinelPassword|code|state)=)[^&\s"']+/gi, `$1${REDACTED}`],
  [/(\b(?:client_secret|code_verifier|(?:id|access|refresh)_token)=)[^&\s"']+/gi, `$1${REDACTED}`],
  [/(a=ice-pwd:)[^\s"'\\]+/gi, `$1${REDACTED}`],
  [/(a=fingerprint:)[^\r\n"'\\]+/gi, `$1${REDACTED}`],
];

/**
 * Copies what is about to be logged, without secrets and SDP. This is the second line of defence; the first is not to
 * log them.
 *
 * @param value plain data and errors; anything deeper than 8 levels is omitted
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Error) return { name: value.name, message: redactText(value.message), stack: redactText(value.stack ?? '') };
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, SECRET_FIELD.test(key) ? REDACTED : redact(field, depth + 1)]),
  );
}

function redactText(text: string): string {
  return SECRET_TEXTS.reduce((redacted, [pattern, replacement]) => redacted.replace(pattern, replacement), text);
}
