/** The part of sdp-transform 3.0.0 that is used here; the package has no types of its own. Whole numbers arrive as numbers. */
declare module 'sdp-transform' {
  type Token = string | number;

  interface CommonAttributes {
    direction?: string;
    iceUfrag?: Token;
    icePwd?: Token;
    iceOptions?: Token;
    setup?: Token;
    fingerprint?: { type: Token; hash: Token };
    extmapAllowMixed?: string;
    /** Lines that the grammar does not know, without `a=`. */
    invalid?: { value: Token }[];
  }

  export interface MediaAttributes extends CommonAttributes {
    type?: Token;
    port?: Token;
    protocol?: Token;
    payloads?: Token;
    connection?: { version: number; ip: string };
    mid?: Token;
    rtp?: { payload: Token; codec: Token; rate?: Token; encoding?: Token }[];
    fmtp?: { payload: Token; config: Token }[];
    rtcpFb?: { payload: Token; type: Token; subtype?: Token }[];
    ext?: { value: Token; direction?: Token; uri: Token }[];
    rtcpMux?: string;
    rtcpRsize?: string;
    msid?: { id: Token; appdata?: Token }[];
    ssrcs?: { id: Token; attribute: Token; value?: Token }[];
    ssrcGroups?: { semantics: Token; ssrcs: Token }[];
    rids?: { id: Token; direction: Token; params?: Token }[];
    simulcast?: { dir1: Token; list1: Token; dir2?: Token; list2?: Token };
    simulcast_03?: { value: Token };
    candidates?: { foundation: Token; component: Token; transport: Token; priority: Token; ip: Token; port: Token; type: Token }[];
    endOfCandidates?: string;
    bundleOnly?: string;
    sctpPort?: Token;
    sctpmap?: { sctpmapNumber: Token; app: Token; maxMessageSize?: Token };
    maxMessageSize?: Token;
  }

  export interface SessionAttributes extends CommonAttributes {
    version?: number;
    origin?: { username: Token; sessionId: Token; sessionVersion: Token; netType: string; ipVer: number; address: string };
    name?: Token;
    timing?: { start: number; stop: number };
    icelite?: string;
    groups?: { type: Token; mids: Token }[];
    msidSemantic?: { semantic: string; token: string };
    media: MediaAttributes[];
  }

  export function parse(sdp: string): SessionAttributes;
  /** Writes lines in the order of the grammar; numbers formatted by `%d` go through `Number()`. */
  export function write(session: SessionAttributes): string;
}
