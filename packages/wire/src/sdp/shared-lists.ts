import type { SdpCodec, SdpExtension } from './description.ts';
import { directionOf, isUsedExtensionId } from './grammar.ts';
import type { SdpLimits } from './limits.ts';
import { type CodecLines, codecKeys, readCodec } from './read-codecs.ts';

/**
 * Codecs and header extensions of one description. Bundled sections mostly repeat the same lists, line by line, so each
 * list is created once and shared by its sections: a description with 256 sections costs little more than one with a
 * few, and users of the lists can tell by `===` that they have seen one before.
 */
export class SharedLists {
  readonly #limits: SdpLimits;
  readonly #codecLists = new Map<string, readonly SdpCodec[]>();
  readonly #codecs = new Map<string, SdpCodec | undefined>();
  readonly #extensionLists = new Map<string, readonly SdpExtension[]>();
  readonly #extensions = new Map<string, SdpExtension | undefined>();

  constructor(limits: SdpLimits) {
    this.#limits = limits;
  }

  /** @returns undefined once there are more different codecs than the limits allow */
  codecsOf(formats: readonly string[], lines: CodecLines): readonly SdpCodec[] | undefined {
    const key = [formats.join(' '), lines.rtpmaps.join('\n'), lines.fmtps.join('\n'), lines.feedback.join('\n')].join('\0');
    const known = this.#codecLists.get(key);
    if (known !== undefined) return known;
    const codecs = [];
    for (const { text, source } of codecKeys(formats, lines)) {
      if (!this.#codecs.has(text)) this.#codecs.set(text, readCodec(source));
      const codec = this.#codecs.get(text);
      if (codec !== undefined) codecs.push(codec);
    }
    this.#codecLists.set(key, codecs);
    return this.#codecs.size > this.#limits.maxDistinctCodecs ? undefined : codecs;
  }

  /** @returns undefined once there are more different extensions than the limits allow */
  extensionsOf(lines: readonly string[]): readonly SdpExtension[] | undefined {
    const key = lines.join('\n');
    const known = this.#extensionLists.get(key);
    if (known !== undefined) return known;
    const extensions = [];
    for (const line of lines) {
      if (!this.#extensions.has(line)) this.#extensions.set(line, readExtension(line));
      const extension = this.#extensions.get(line);
      if (extension !== undefined) extensions.push(extension);
    }
    this.#extensionLists.set(key, extensions);
    return this.#extensions.size > this.#limits.maxDistinctExtensions ? undefined : extensions;
  }
}

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
