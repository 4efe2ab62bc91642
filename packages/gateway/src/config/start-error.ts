/** The operator wrote something the daemon cannot start with. The message is one line that names the option and what it must be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The daemon could not start, though nothing is wrong with its options: trying again may help. The message is one line. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
