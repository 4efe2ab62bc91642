import type { SdpCodec, SdpExtension } from './description.ts';
import { directionOf, isUsedExtensionId } from './grammar.ts';
import type { SdpLimits } from './limits.ts';
import { type CodecLines, codecKeys, readCodec } from './read-codecs.ts';

/**
 * The codecs and header extensions of one description. Bundled sections mostly repeat the same lists, so each list is
 * created once and shared by its sections: a description with 256 sections costs little more than one with a few, and
 * users of the lists can recognise known ones by `===`.
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

  /** @returns undefined once the number of different codecs exceeds the limit */
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

  /** @returns undefined once the number of different extensions exceeds the limit */
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
 * @param line the text after `extmap:`
 * @returns undefined if it has no URI, or its id means "to be chosen by the answer"
 */
export function readExtension(line: string): SdpExtension | undefined {
  const [, digits, direction, uri] = EXTMAP.exec(line) ?? [];
  const id = Number(digits);
  if (uri === undefined || !isUsedExtensionId(id)) return undefined;
  return { id, uri, direction: directionOf(direction) ?? 'sendrecv' };
}
