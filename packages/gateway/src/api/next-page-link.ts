/**
 * Returns a `Link` header that leads to the next page: the same URL with another cursor, relative to the host.
 *
 * @see RFC 8288 §3
 */
export function nextPageLink(url: string, cursor: string): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  searchParams.set('cursor', cursor);
  return `<${pathname}?${searchParams}>; rel="next"`;
}
