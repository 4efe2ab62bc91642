/** The verbs of the process that holds a call within a namespace. */
export interface SharedAccessVerbs {
  /** Lets viewers watch while one of their machines downloads. @returns what each got */
  shareAccess(request: {
    readonly viewers: number;
    /** The command that runs the command behind it where the viewers are. */
    readonly viewerCommand: readonly string[];
    /** Whether to print what the node thinks of the viewers' paths. */
    readonly isTraced: boolean;
  }): Promise<AccessShares>;
  /** Has someone publish and someone watch, both in a Chromium that reports by RFC 8888. @returns what they saw after a while */
  watchMarked(request: {
    /** The command that runs the command behind it where they are. */
    readonly clientCommand: readonly string[];
    readonly isTraced: boolean;
  }): Promise<MarksSeen>;
}

/** What Chromium counts, by the names of its statistics. */
export interface MarksSeen {
  readonly viewerKbps: number;
  readonly publisher: Readonly<Record<string, number>>;
  readonly viewer: Readonly<Record<string, number>>;
}

/** The rates of payload over the same seconds. */
export interface AccessShares {
  readonly viewersKbps: readonly number[];
  readonly downloadKbps: number;
  /** The congestion control of the download by its name in the kernel, such as `cubic` or `bbr`. Each shares a link in its own way. */
  readonly congestionControl: string;
}
