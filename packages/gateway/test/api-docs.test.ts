import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as protocol from '@causeway/protocol';
import type { RouteDescription } from '../src/api/route.ts';
import { ROUTES } from '../src/api/routes.ts';
import { EVENT_ROUTES } from '../src/api/stream-events.ts';

const PAGE = readFileSync(join(__dirname, '../../../docs/api.md'), 'utf8');
const ALL_ROUTES: readonly RouteDescription[] = [...ROUTES, ...EVENT_ROUTES];
/** Words with an underscore that the page explains itself: why sessions end, and what becomes of an item. */
const WORDS_THAT_ARE_NO_CODES = [
  'setup_timeout',
  'connection_lost',
  'peer_closed',
  'token_revoked',
  'needs_renegotiation',
  'already_closed',
  'messages_lost',
];

interface Parser {
  parse(value: unknown): unknown;
}

function headingOf({ method, path }: RouteDescription): string {
  return `### \`${method.toUpperCase()} ${path}\``;
}

/** @returns the part of the page about one endpoint */
function sectionOf(route: RouteDescription): string {
  const begin = PAGE.indexOf(`${headingOf(route)}\n`);
  const rest = PAGE.slice(begin + 1);
  const end = rest.search(/\n##/);
  return begin === -1 ? '' : rest.slice(0, end === -1 ? undefined : end);
}

function examplesIn(section: string): unknown[] {
  return [...section.matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']) => JSON.parse(text));
}

function schemaOf(name: string): Parser {
  const schema = (protocol as unknown as Record<string, Parser | undefined>)[name];
  if (schema === undefined) throw new Error(`protocol exports no ${name}`);
  return schema;
}

test('docs/api.md has a section for every route, and no other', () => {
  const documented = [...PAGE.matchAll(/^### `[^`]+`$/gm)].map(([heading]) => heading);

  expect(documented.sort()).toEqual(ALL_ROUTES.map(headingOf).sort());
});

test.each(ALL_ROUTES.map((route) => [headingOf(route), route] as const))(
  '%s shows a request and a reply as the schemas have them',
  (_heading, route) => {
    const examples = examplesIn(sectionOf(route));
    const schemas = [route.request, route.reply].filter((name) => name !== undefined);

    expect(examples).toHaveLength(schemas.length);
    // A field that the schema does not know is left out by parsing, and so is found here.
    for (const [place, name] of schemas.entries()) expect(schemaOf(name).parse(examples[place])).toEqual(examples[place]);
  },
);

test('docs/api.md mentions every field that a request may have', () => {
  const bodies = protocol.describeBodies('#/');
  const requests = ALL_ROUTES.flatMap(({ request, query }) => [request, query]).filter((name) => name !== undefined);
  const items = [
    'PublishItem',
    'SubscribeItem',
    'CloseTrackItem',
    'PublishDataChannelItem',
    'SubscribeDataChannelItem',
    'UpdateDataChannelItem',
    'CloseDataChannelItem',
    'UnsubscribeItem',
    'UpdateTrackItem',
    'SimulcastChoice',
  ] as const;
  const fields = [...requests, ...items].flatMap((name) => Object.keys((bodies[name as protocol.SchemaName].properties ?? {}) as object));

  const missing = [...new Set(fields)].filter((field) => !new RegExp(`["\`?]${field}["\`=:]`).test(PAGE));

  expect(fields.length).toBeGreaterThan(30);
  expect(missing).toEqual([]);
});

test('docs/api.md names only error codes that exist', () => {
  const words = [...PAGE.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, word = '']) => word);

  const known: readonly string[] = [...WORDS_THAT_ARE_NO_CODES, ...protocol.DIAGNOSIS_CODES];
  const unknown = words.filter((word) => !protocol.isErrorCode(word) && !known.includes(word));

  expect(words.length).toBeGreaterThan(10);
  expect(unknown).toEqual([]);
});

test('docs/api.md lists every finding of a diagnosis', () => {
  const missing = protocol.DIAGNOSIS_CODES.filter((code) => !PAGE.includes(`| \`${code}\` |`));

  expect(missing).toEqual([]);
});

test('docs/api.md lists every type of event', () => {
  const missing = protocol.API_EVENT_TYPES.filter((type) => !PAGE.includes(`\`${type}\``));

  expect(missing).toEqual([]);
});
