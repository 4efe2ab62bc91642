import type { SdpExtension } from './description.ts';
import { directionOf, isUsedExtensionId } from './grammar.ts';

const EXTMAP = /^(\d{1,5})(?:\/(\w+))? +(\S+)/;

/**
 * @param line what follows `extmap:`
 * @returns undefined for one without a URI, and for one whose id stands for "to be chosen by the answer"
 */
export function readExtension(line: string): SdpExtension | undefined {
  const [, digits, direction, uri] = EXTMAP.exec(line) ?? [];
  const id = Number(digits);
  if (uri === undefined || !isUsedExtensionId(id)) return undefined;
  return { id, uri, direction: directionOf(direction) ?? 'sendrecv' };
}
