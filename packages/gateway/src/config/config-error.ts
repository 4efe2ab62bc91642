/** The operator wrote something the daemon cannot start with. The message is one line that names the option and what it must be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
