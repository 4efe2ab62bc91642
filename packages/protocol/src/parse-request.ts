import type { z } from 'zod';
import { type ErrorCode, isErrorCode } from './errors/error-codes.ts';
import { SfuError } from './errors/sfu-error.ts';

/** Listing more problems in one reply would not help. */
const MAX_PROBLEMS = 10;

interface Problem {
  /** The field in JavaScript notation: `tracks[0].mid`; empty for the body itself. */
  readonly path: string;
  readonly problem: string;
}

/**
 * Validates a whole request body; unknown fields are dropped.
 *
 * @throws invalid_params – a field is missing or invalid; `details.path` names the first, `details.problems` lists all
 * @throws invalid_session_description – a field of the session description is invalid
 * @throws too_many_tracks – a list of tracks is too long
 * @throws payload_too_large – the SDP is too long
 */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = validate(schema, body);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, MAX_PROBLEMS).map(describeIssue);
  const [firstIssue] = result.error.issues;
  const [first] = problems;
  if (firstIssue === undefined || first === undefined) throw new Error('a failed parse has at least one issue');
  const subject = first.path === '' ? 'the request body' : first.path;
  throw new SfuError(codeOf(firstIssue), `${subject} ${first.problem}`, { details: { path: first.path, problems } });
}

/** Zod measures anything with a `length`, and throws if that is an object that cannot be compared with a number. */
function validate<Schema extends z.ZodType>(schema: Schema, body: unknown): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    return schema.safeParse(body, { error: problemOf });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new SfuError('invalid_params', 'the request body has a field named length whose value is not a number', { cause });
  }
}

function describeIssue(issue: z.core.$ZodIssue): Problem {
  return { path: formatPath(issue.path), problem: issue.message };
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

function codeOf(issue: z.core.$ZodIssue): ErrorCode {
  if (issue.code === 'custom' && typeof issue.params?.errorCode === 'string' && isErrorCode(issue.params.errorCode)) {
    return issue.params.errorCode;
  }
  if (issue.code === 'too_big' && issue.origin === 'array') return 'too_many_tracks';
  return issue.path[0] === 'sessionDescription' && issue.path.length > 1 ? 'invalid_session_description' : 'invalid_params';
}

/** Describes a problem as the end of a sentence that begins with the field's path. Messages in the schemas take precedence. */
function problemOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `must be ${expectedKind(issue.expected)}, not ${kindOf(issue.input)}`;
    case 'invalid_value':
      return issue.input === undefined ? 'is required' : `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'unrecognized_keys':
      return `has unknown fields: ${issue.keys.slice(0, 8).join(', ')}`;
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return 'is not valid';
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' items long' : '';
}

function expectedKind(expected: string): string {
  return expected === 'int' ? 'a whole number' : withArticle(expected);
}

function withArticle(noun: string): string {
  return /^[aeio]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

function kindOf(input: unknown): string {
  if (input === null) return 'null';
  if (typeof input === 'number') return String(input);
  return Array.isArray(input) ? 'an array' : withArticle(typeof input);
}
