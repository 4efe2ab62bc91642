import type { SdpSimulcast } from './description.ts';
import { wordsOf } from './grammar.ts';

/**
 * Reads the layers of `a=simulcast`, in the form of RFC 8853 or of its draft 03, `send rid=q;h;f`, which old Firefox
 * writes.
 *
 * @param value the text after `simulcast:`
 */
export function readSimulcast(value: string): SdpSimulcast {
  const words = wordsOf(value);
  const listAfter = (direction: string): readonly string[] => {
    const at = words.indexOf(direction);
    const list = at === -1 ? undefined : words[at + 1];
    return ridsOf(list?.startsWith('rid=') === true ? list.slice('rid='.length) : list);
  };
  return { send: listAfter('send'), recv: listAfter('recv') };
}

/** `1,2;~3` asks for a layer sent as 1 or else as 2, and for a paused layer 3. */
function ridsOf(list: string | undefined): readonly string[] {
  return (list ?? '')
    .split(';')
    .map((alternatives) => alternatives.split(',')[0]?.replace('~', '') ?? '')
    .filter((rid) => rid !== '');
}
