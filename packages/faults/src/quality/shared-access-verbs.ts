/** What is asked of the process that holds a call within a namespace. */
export interface SharedAccessVerbs {
  /** Lets viewers watch, and one of their machines download beside them. @returns what each got */
  shareAccess(request: {
    readonly viewers: number;
    /** Runs the command behind it where the viewers are. */
    readonly viewerCommand: readonly string[];
    /** What the node thinks of their paths is to be printed. */
    readonly isTraced: boolean;
  }): Promise<AccessShares>;
}

/** By payload, over the same seconds. */
export interface AccessShares {
  readonly viewersKbps: readonly number[];
  readonly downloadKbps: number;
  /** What the download obeys, by its name in the kernel: `cubic`, `bbr`. Each kind shares a link in a way of its own. */
  readonly congestionControl: string;
}
