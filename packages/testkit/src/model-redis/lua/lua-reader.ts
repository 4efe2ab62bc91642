import { type LuaToken, readLuaTokens } from './lua-tokens.ts';

/** A cursor over the tokens of a script. */
export class LuaReader {
  readonly #tokens: readonly LuaToken[];
  #place = 0;

  constructor(source: string) {
    this.#tokens = readLuaTokens(source);
  }

  get next(): LuaToken {
    return this.#tokens[this.#place] as LuaToken;
  }

  /** @returns whether the next token was this keyword or symbol */
  takeIf(text: string): boolean {
    const isThere = this.next.text === text && (this.next.type === 'keyword' || this.next.type === 'symbol');
    if (isThere) this.#place++;
    return isThere;
  }

  /** @throws Error – the next token is another one */
  take(text: string): void {
    if (!this.takeIf(text)) throw this.unexpected(`"${text}"`);
  }

  takeAny(): LuaToken {
    const token = this.next;
    this.#place++;
    return token;
  }

  name(): string {
    if (this.next.type !== 'name') throw this.unexpected('a name');
    return this.takeAny().text;
  }

  /** Reads one or more names separated by commas. */
  names(): readonly string[] {
    const names = [this.name()];
    while (this.takeIf(',')) names.push(this.name());
    return names;
  }

  unexpected(expected: string): Error {
    return new Error(`line ${this.next.line}: ${expected} is read here, not "${this.next.text}"`);
  }
}
