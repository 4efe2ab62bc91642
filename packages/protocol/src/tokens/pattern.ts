import { z } from 'zod';

const MAX_PATTERN_LENGTH = 128;
/** Each star costs another pass over the text. */
const MAX_STARS = 4;
const MAX_PATTERNS = 32;

/** A text in which each `*` matches any number of characters, including none; other characters match themselves. */
export const Pattern = z
  .string()
  .max(MAX_PATTERN_LENGTH)
  .regex(/^[A-Za-z0-9._:{}*-]*$/, 'must consist of letters, digits and . _ : { } - *')
  .refine((text) => text.split('*').length - 1 <= MAX_STARS, `must have at most ${MAX_STARS} stars`)
  .meta({ description: 'Text in which each `*` stands for any characters', examples: ['alice-*'] });
export type Pattern = z.infer<typeof Pattern>;

export const PatternList = z
  .array(Pattern)
  .refine((list) => list.length <= MAX_PATTERNS, `must be at most ${MAX_PATTERNS} items long`)
  .meta({ maxItems: MAX_PATTERNS });

/** Whether one of the patterns matches the whole text, in time proportional to both lengths. */
export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matches(pattern, text));
}

function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let position = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return text.length - last.length >= position && text.endsWith(last);
}
