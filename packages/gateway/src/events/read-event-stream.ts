/** One message of an event stream, as far as nodes use it among themselves. */
export interface StreamMessage {
  readonly id: string;
  /** Undefined for an id alone. */
  readonly data: string | undefined;
}

/** A message of ours has some 500 characters. */
const MAX_LINE_CHARACTERS = 65_536;

/**
 * Reads server-sent events as another node writes them: `id` and at most one `data` line in a message; all else is ignored.
 *
 * @throws Error – a line without end
 */
export async function* readEventStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage> {
  const decoder = new TextDecoder();
  let rest = '';
  let id: string | undefined;
  let data: string | undefined;
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS) throw new Error('an event stream has a line without end');
    for (const line of lines) {
      if (line.startsWith('id: ')) id = line.slice('id: '.length);
      if (line.startsWith('data: ')) data = line.slice('data: '.length);
      if (line !== '' || id === undefined) continue;
      yield { id, data };
      [id, data] = [undefined, undefined];
    }
  }
}
