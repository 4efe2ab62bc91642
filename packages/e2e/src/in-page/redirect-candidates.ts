/** Lets a client look for the SFU elsewhere: at a proxy in front of it. Runs in Node and, served to the page, in browsers. */
export interface MediaAddress {
  readonly address: string;
  readonly port: number;
}

const HOST_CANDIDATE = /^(a=candidate:\S+ 1 udp \d+) \S+ \d+ typ host.*\r?\n/gim;

/** @returns the SFU's description with one candidate, at this address: Firefox does not get on with four that are the same */
export function redirectCandidates(sdp: string, { address, port }: MediaAddress): string {
  let isFirst = true;
  return sdp.replace(HOST_CANDIDATE, (_line, start: string) => {
    const line = isFirst ? `${start} ${address} ${port} typ host\r\n` : '';
    isFirst = false;
    return line;
  });
}
