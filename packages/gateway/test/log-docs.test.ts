/** docs/operate/troubleshooting.md explains every line that a node logs as a warning or an error. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = join(__dirname, '../src');
const page = readFileSync(join(__dirname, '../../../docs/operate/troubleshooting.md'), 'utf8');
const [, section = ''] = /^## What a node logs\n(.*?)^## /ms.exec(page) ?? [];

const sources = globSync('**/*.ts', { cwd: SOURCES }).map((file) => readFileSync(join(SOURCES, file), 'utf8'));
/** What follows a semicolon, or stands for a value, is shortened in the page. */
const withoutAdvice = (message: string): string => message.replace(/; (?:set|for) .*$/s, '; …');
const logged = sources
  .flatMap((text) => [...text.matchAll(/(?:(?:\.log\(|\[)'(?:warn|error)',|(?:contained|rejection|exception):) ['`]([^'`]+ [^'`]+)['`]/g)])
  .map(([, message = '']) => withoutAdvice(message));
const explained = [...section.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, messages = '']) => messages.slice(1, -1).split('`, `'));

test('there are such lines', () => {
  expect(logged.length).toBeGreaterThan(15);
});

test('the page has each of them once, and no other', () => {
  expect(explained.sort()).toEqual([...new Set(logged)].sort());
});
