/** Placement by load reaches every shard within fewer tries. */
const MAX_TRIES = 60;

interface PlacedClient {
  readonly remoteUfrag: string;
  leave(): Promise<void>;
}

/**
 * Joins clients until the SFU has placed one where it is wanted. The others leave only afterwards, because the SFU would place the next
 * client where one has left.
 *
 * @throws Error – none of `MAX_TRIES` clients was placed there
 */
export async function joinUntil<Client extends PlacedClient>(
  join: () => Promise<Client>,
  isWanted: (remoteUfrag: string) => boolean,
): Promise<Client> {
  const misplaced: Client[] = [];
  try {
    while (misplaced.length < MAX_TRIES) {
      const client = await join();
      if (isWanted(client.remoteUfrag)) return client;
      misplaced.push(client);
    }
    throw new Error(`None of ${MAX_TRIES} clients was placed where it was wanted`);
  } finally {
    await Promise.all(misplaced.map((client) => client.leave()));
  }
}
