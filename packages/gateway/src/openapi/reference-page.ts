/** The OpenAPI document as a page: a single file without scripts or external resources. */
import { createHash } from 'node:crypto';
import type { JsonSchema } from '@causeway/protocol';
import type { OpenApiDocument } from './openapi-document.ts';

export interface ReferencePage {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d5d9de, #3a4048); --soft: light-dark(#57606a, #9aa4af); --code: light-dark(#f3f5f7, #20252b); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
nav ul { columns: 22rem; padding-left: 1.2rem; }
section { border-top: 1px solid var(--line); margin-top: 2rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; background: var(--code); border-radius: 4px; }
code { padding: 0 .25em; overflow-wrap: anywhere; }
pre { padding: .75rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
`;

/** Deep enough for this API; a schema that refers to itself would never end. */
const MAX_DEPTH = 4;

export function createReferencePage(document: OpenApiDocument): ReferencePage {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const schemas = (document.components.schemas ?? {}) as Readonly<Record<string, JsonSchema>>;
  const { title, version, description } = document.info as Readonly<Record<string, string>>;
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} API</title><style>${STYLE}</style></head><body>
<h1>${escaped(title)} API ${escaped(version)}</h1>
<p>${prose(description)} The same for programs: <a href="openapi.json">openapi.json</a>.</p>
<nav aria-label="Calls"><ul>${operations.map(({ operation }) => `<li><a href="#${operation.operationId}">${prose(operation.summary)}</a></li>`).join('')}</ul></nav>
${operations.map((each) => operationSection(each, schemas)).join('\n')}
</body></html>
`;
  return { html, headers: HEADERS };
}

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

interface Operation {
  readonly path: string;
  readonly method: string;
  readonly operation: JsonSchema;
}

type Schemas = Readonly<Record<string, JsonSchema>>;

function operationSection({ path, method, operation }: Operation, schemas: Schemas): string {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const body = contentOf(requestBody);
  const { 200: success, ...failures } = responses as Readonly<Record<string, JsonSchema>>;
  return `<section id="${escaped(operationId)}"><h2>${prose(summary)}</h2>
<p><code>${method} ${escaped(path)}</code></p>
${description === undefined ? '' : `<p>${prose(description)}</p>`}
${fieldTable('Parameters', parameterRows(parameters as readonly JsonSchema[]))}
${fieldTable('Request', body === undefined ? [] : schemaRows(body.schema, schemas))}
${body?.example === undefined ? '' : `<pre>${escaped(JSON.stringify(body.example, undefined, 2))}</pre>`}
${fieldTable('Reply', schemaRows(contentOf(success)?.schema, schemas))}
${fieldTable(
  'Errors',
  Object.entries(failures).map(([status, { description: codes }]) => [status, '', prose(codes)] as const),
)}
</section>`;
}

function contentOf(part: unknown): { readonly schema: JsonSchema; readonly example?: unknown } | undefined {
  const { content } = (part ?? {}) as { readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  return content === undefined ? undefined : Object.values(content)[0];
}

type Row = readonly [name: string, type: string, meaning: string];

function fieldTable(heading: string, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(([name, type, meaning]) => `<tr><td><code>${escaped(name)}</code></td><td>${type}</td><td>${meaning}</td></tr>`);
  return `<h3>${heading}</h3><table><tbody>${lines.join('')}</tbody></table>`;
}

function parameterRows(parameters: readonly JsonSchema[]): readonly Row[] {
  return parameters.map(({ name, in: place, schema }) => {
    const { description } = schema as JsonSchema;
    return [String(name), `in ${escaped(place)}`, description === undefined ? '' : prose(description)];
  });
}

/** Lists the fields of an object, including nested ones, by their path. */
function schemaRows(schema: JsonSchema | undefined, schemas: Schemas, prefix = '', depth = 0): readonly Row[] {
  if (schema === undefined || depth > MAX_DEPTH) return [];
  const { properties, items, required = [] } = resolved(schema, schemas);
  if (items !== undefined) return schemaRows(items as JsonSchema, schemas, `${prefix}[]`, depth + 1);
  return Object.entries((properties ?? {}) as Schemas).flatMap(([name, field]): readonly Row[] => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const shape = resolved(field, schemas);
    const need = (required as readonly string[]).includes(name) ? 'required' : '';
    const row: Row = [path, [typeOf(shape), need].filter((text) => text !== '').join(', '), meaningOf(shape)];
    return [row, ...schemaRows(field, schemas, path, depth + 1)];
  });
}

/** Resolves a reference. Its own fields, such as a description of the use, take precedence over those of the named schema. */
function resolved({ $ref, ...rest }: JsonSchema, schemas: Schemas): JsonSchema {
  const name = typeof $ref === 'string' ? ($ref.split('/').at(-1) ?? '') : undefined;
  return name === undefined ? rest : { ...schemas[name], ...rest };
}

function typeOf({ type, const: constant, enum: values, anyOf }: JsonSchema): string {
  if (constant !== undefined) return `<code>${escaped(JSON.stringify(constant))}</code>`;
  if (Array.isArray(values) && values.length <= 12) return values.map((value) => `<code>${escaped(value)}</code>`).join(' ');
  if (Array.isArray(anyOf)) return anyOf.map((each: JsonSchema) => typeOf(each)).join(' or ');
  return type === undefined ? '' : escaped(type);
}

function meaningOf({ description, default: fallback, minimum, maximum, maxLength }: JsonSchema): string {
  const bounds = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`at most ${maximum}`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(fallback === undefined ? [] : [`default ${JSON.stringify(fallback)}`]),
  ];
  const text = description === undefined ? '' : prose(description);
  return bounds.length === 0 ? text : `${text} (${escaped(bounds.join(', '))})`;
}

/** Renders code spans and lists of the document's Markdown; everything else is plain text. */
function prose(text: unknown): string {
  return escaped(text)
    .replace(/`([^`]*)`/g, '<code>$1</code>')
    .replace(/(^|\n)\* /g, '$1<br>');
}

function escaped(text: unknown): string {
  return String(text ?? '').replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
