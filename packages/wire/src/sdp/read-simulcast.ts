import type { MediaAttributes } from 'sdp-transform';
import type { SdpSimulcast } from './description.ts';
import { text } from './read-values.ts';

/** The layers of `a=simulcast`, in the form of RFC 8853 or of its draft 03, `a=simulcast: send rid=q;h;f`, which old Firefox wrote. */
export function readSimulcast(media: MediaAttributes): SdpSimulcast | undefined {
  if (media.simulcast !== undefined) {
    const { dir1, list1, dir2, list2 } = media.simulcast;
    const lists = new Map([
      [text(dir1), text(list1)],
      [text(dir2), text(list2)],
    ]);
    return { send: ridsOf(lists.get('send')), recv: ridsOf(lists.get('recv')) };
  }
  return media.simulcast_03 === undefined ? undefined : readDraft03(String(media.simulcast_03.value));
}

/** `1,2;~3` asks for a layer sent as 1 or else as 2, and for a paused layer 3. */
function ridsOf(list: string | undefined): readonly string[] {
  return (list ?? '')
    .split(';')
    .map((alternatives) => alternatives.split(',')[0]?.replace('~', '') ?? '')
    .filter((rid) => rid !== '');
}

function readDraft03(value: string): SdpSimulcast {
  const words = value.trim().split(' ');
  const listAfter = (direction: string): string | undefined => {
    const list = words[words.indexOf(direction) + 1];
    return words.includes(direction) && list?.startsWith('rid=') === true ? list.slice('rid='.length) : undefined;
  };
  return { send: ridsOf(listAfter('send')), recv: ridsOf(listAfter('recv')) };
}
