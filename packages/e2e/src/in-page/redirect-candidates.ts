/** Directs a client to a proxy in front of the SFU. Runs in Node and, served to the page, in browsers. */
export interface MediaAddress {
  readonly address: string;
  readonly port: number;
}

const HOST_CANDIDATE = /^(a=candidate:\S+ 1 udp \d+) \S+ \d+ typ host.*\r?\n/gim;

/** @returns the SFU's description with a single candidate at this address, because Firefox fails with four that are equal */
export function redirectCandidates(sdp: string, { address, port }: MediaAddress): string {
  let isFirst = true;
  return sdp.replace(HOST_CANDIDATE, (_line, start: string) => {
    const line = isFirst ? `${start} ${address} ${port} typ host\r\n` : '';
    isFirst = false;
    return line;
  });
}
