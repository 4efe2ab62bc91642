/** Where a command is run: takes one, and makes the command that runs it there. */
export type CommandPlace = (command: readonly [string, ...string[]]) => readonly [string, ...string[]];

/** On this machine, as it is. */
export const here: CommandPlace = (command) => command;
