/**
 * The credentials of an app: they come in the URL's fragment, which browsers do not send to servers; a token is then kept in this tab's
 * session storage.
 */
export interface Credentials {
  readonly appId: string;
  /** The app's secret as it was typed or came in a link; once the page is connected, the token that replaced it. */
  readonly secret: string;
}

const STORAGE_KEY = 'causeway.credentials';

/**
 * Reads `#app=…&secret=…`; either may be missing.
 *
 * @param fragment `location.hash`, with or without `#`
 */
export function parseFragment(fragment: string): Partial<Credentials> {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const appId = fields.get('app')?.trim();
  const secret = fields.get('secret')?.trim();
  return { ...(appId ? { appId } : {}), ...(secret ? { secret } : {}) };
}

/** The fragment that `parseFragment` reads back. */
export function writeFragment({ appId, secret }: Credentials): string {
  return `#${new URLSearchParams({ app: appId, secret })}`;
}

export function storeCredentials(storage: Pick<Storage, 'setItem'>, credentials: Credentials): void {
  storage.setItem(STORAGE_KEY, JSON.stringify(credentials));
}

/** @returns what was stored; an empty object if nothing valid is stored */
export function storedCredentials(storage: Pick<Storage, 'getItem'>): Partial<Credentials> {
  const stored = parseJson(storage.getItem(STORAGE_KEY));
  if (typeof stored !== 'object' || stored === null) return {};
  const { appId, secret } = stored as Record<string, unknown>;
  return typeof appId === 'string' && typeof secret === 'string' ? { appId, secret } : {};
}

export function forgetCredentials(storage: Pick<Storage, 'removeItem'>): void {
  storage.removeItem(STORAGE_KEY);
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
