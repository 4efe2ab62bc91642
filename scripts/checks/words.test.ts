/**
 * Keeps retired words out of the project: those that `docs/glossary.md` lists with a word to use instead. Documents and the
 * comments of code are held to all of them, tests only to those that are gone from everywhere.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from './run-node.ts';

/** Beginnings of words, for identifiers and plurals as well. */
const RETIRED_EVERYWHERE = /\b(?:anew|crumb|hub\b|mourn)|(?:^|[^a-z])[cC]rew\b|Crew\b|Crumb/;
const RETIRED_IN_DOCUMENTS = /\b(?:anew|crews?|crumbs?|mourn\w*|bury|buried|somebody)\b/i;

/** Words for which there is a noun: the client, the subscriber, an operator. */
const NOBODY = /\b(?:anybody|nobody|somebody|whoever)\b/i;
/** In code also `meanwhile`, for which there is: until then, in that time, since. */
const NOBODY_IN_COMMENT = /(?:\/\/|\*) .*\b(?:anybody|meanwhile|nobody|somebody|whoever)\b/i;
const NAMES_WHO_ACTS = /^(?:examples|packages\/[a-z]+\/src)\//;

/** The list of retired words itself, and logs of what was. */
const EXEMPT = new Set(['docs/glossary.md', 'CHANGELOG.md', 'scripts/checks/words.test.ts']);

const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: PROJECT_ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(?:ts|tsx|lua|md)$/.test(file) && !EXEMPT.has(file) && existsSync(join(PROJECT_ROOT, file)));

function findWords(files: readonly string[], words: RegExp): string[] {
  return files.flatMap((file) =>
    readFileSync(join(PROJECT_ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const word = words.exec(line)?.[0];
        return word === undefined ? [] : [`${file}:${index + 1}: ${word}`];
      }),
  );
}

test('retired words stay out of code and documents', () => {
  expect(findWords(FILES, RETIRED_EVERYWHERE)).toEqual([]);
});

test('documents use the words of the glossary', () => {
  const documents = FILES.filter((file) => file.endsWith('.md'));

  expect(findWords(documents, RETIRED_IN_DOCUMENTS)).toEqual([]);
});

test('comments and documents name who acts', () => {
  const documents = FILES.filter((file) => file.endsWith('.md') && file !== 'CONTRIBUTING.md');
  const code = FILES.filter((file) => /\.tsx?$/.test(file) && NAMES_WHO_ACTS.test(file));

  expect([...findWords(documents, NOBODY), ...findWords(code, NOBODY_IN_COMMENT)]).toEqual([]);
});

test('no comment of what ships begins with "Of": it says of what in a sentence', () => {
  const shipped = FILES.filter((file) => /^packages\/(?:accounts|client|cluster|gateway|media|protocol|secure|sfu|wire)\/src\//.test(file));

  expect(findWords(shipped, /\/\*\* Of /)).toEqual([]);
});

test('the glossary lists every retired word', () => {
  const [, list = ''] = readFileSync(join(PROJECT_ROOT, 'docs/glossary.md'), 'utf8').split('## Words that are no longer used');

  for (const word of ['anew', 'bury', 'crew', 'crumb', 'hub', 'mourn', 'somebody', 'nobody', 'whoever', 'meanwhile'])
    expect(list).toContain(word);
});
