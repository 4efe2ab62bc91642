/** The daemon could not start, though nothing is wrong with its options: trying again may help. The message is one line. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
