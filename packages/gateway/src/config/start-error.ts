/** An invalid configuration. The message is one line that names the option and says what its value must be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The daemon could not start although its options are valid, so that another attempt may succeed. The message is one line. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
