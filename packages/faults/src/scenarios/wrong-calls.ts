/** Calls every endpoint of a node in wrong ways, with secrets wherever a caller may have put them. */
import { setTimeout as sleep } from 'node:timers/promises';

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface DescribedOperation {
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
  readonly responses: { readonly 200: { readonly content?: Readonly<Record<string, unknown>> } };
}

/** An endpoint, as the OpenAPI document of a node describes it. */
export interface Operation {
  readonly method: string;
  /** The path with `{names}` in it. */
  readonly path: string;
  /** The fields of its body; empty if it has none. */
  readonly fields: readonly string[];
  readonly isStream: boolean;
}

/** The caller, and what the calls are about. */
export interface WrongCaller {
  /** The URL of the node without a path. */
  readonly url: string;
  /** A valid credential. */
  readonly credential: string;
  /** The ids to put into paths. A missing one is replaced by nonsense. */
  readonly ids: Readonly<Record<string, string>>;
  /** The secrets that a caller may know, by kind. */
  readonly secrets: Readonly<Record<string, string>>;
}

type Heard = (reply: { readonly status: number; readonly text: string }) => void;

const ADMIN_PATH = '/api/admin/v1';
const NONSENSE = 'nonsense';
const CALL_DEADLINE_MS = 15_000;
/** A key of the admin API may make twenty calls a second. */
export const PAUSE_MS = 60;

export async function readOperations(url: string): Promise<readonly Operation[]> {
  const { paths, components } = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody, responses }]) => {
      const schema = requestBody?.content['application/json'].schema;
      const named = components.schemas[schema?.$ref?.split('/').at(-1) ?? ''];
      const isStream = 'text/event-stream' in (responses[200].content ?? {});
      return { method: method.toUpperCase(), path, fields: Object.keys((named ?? schema)?.properties ?? {}), isStream };
    }),
  );
}

export function isOfAdmin({ path }: Operation): boolean {
  return path.startsWith(ADMIN_PATH);
}

/**
 * Calls without a credential, with one that is nearly right, in the header and in the URL, and with the right one. Bodies are JSON that is
 * cut off, or contain secrets in each field, in a form that no field has.
 *
 * @param heard is called with every reply that is an error, and with every reply to a call that reads
 */
export async function callWrongly(operation: Operation, caller: WrongCaller, heard: Heard): Promise<void> {
  const { credential, secrets } = caller;
  const everything = JSON.stringify(secrets);
  const hasBody = operation.fields.length > 0;
  const body = hasBody ? everything : undefined;
  await send(operation, caller, { body }, heard);
  await send(operation, caller, { credential: `${credential}x`, body }, heard);
  await send(operation, caller, { query: `?token=${credential}x`, body }, heard);
  await sleep(PAUSE_MS);
  await callWithRight(operation, caller, heard);
  if (!hasBody) return;
  await sleep(PAUSE_MS);
  await send(operation, caller, { credential, body: everything.slice(0, -1) }, heard);
}

/** Makes calls with the right credential only. Calls that read succeed, and those that would change something are refused. */
export async function callWithRight(operation: Operation, caller: WrongCaller, heard: Heard): Promise<void> {
  const { credential, secrets } = caller;
  if (operation.isStream) return;
  const fields = operation.fields.map((field) => [field, { canary: secrets }]);
  const body = fields.length > 0 ? JSON.stringify(Object.fromEntries(fields)) : undefined;
  await send(operation, caller, { credential, body }, heard);
}

interface Sent {
  readonly credential?: string;
  readonly query?: string;
  readonly body: string | undefined;
}

async function send(operation: Operation, { url, ids }: WrongCaller, { credential, query = '', body }: Sent, heard: Heard): Promise<void> {
  const { method, path } = operation;
  // A call without a body cannot be refused for it, so it must not name anything that it could change.
  const isHarmless = method === 'GET' || body !== undefined;
  const place = path.replace(/\{(\w+)\}/g, (_, name: string) => (isHarmless ? (ids[name] ?? NONSENSE) : NONSENSE));
  const reply = await fetch(`${url}${place}${query}`, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(credential === undefined ? {} : { Authorization: `Bearer ${credential}` }),
    },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(CALL_DEADLINE_MS),
  }).catch(() => undefined);
  const text = await reply?.text().catch(() => '');
  if (reply !== undefined && (!reply.ok || method === 'GET')) heard({ status: reply.status, text: text ?? '' });
}
