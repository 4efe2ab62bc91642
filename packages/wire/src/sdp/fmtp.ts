/**
 * Parameters of an `a=fmtp` line: names in lower case, values verbatim, empty for a bare name. The first of equal names counts.
 *
 * @param fmtp what follows the payload type: `minptime=10;useinbandfec=1`
 */
export function parseFmtp(fmtp: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of fmtp.split(';')) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name === '' || parameters.has(name)) continue;
    parameters.set(name, equals === -1 ? '' : part.slice(equals + 1).trim());
  }
  return parameters;
}
