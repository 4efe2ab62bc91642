/** Wraps a command so that it runs in another place, such as a network namespace. */
export type CommandPlace = (command: readonly [string, ...string[]]) => readonly [string, ...string[]];

/** Runs a command on this machine unchanged. */
export const here: CommandPlace = (command) => command;
