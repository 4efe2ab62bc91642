/** What `--help` prints after the name of a command. */
export const COMMAND_USAGE: Readonly<Record<string, string>> = {
  doctor: `causeway doctor [--from URL]... [--json]

Finds problems of the node that the environment describes: its machine, ports, Redis and books.
  --from URL  the address by which clients call the service, such as https://sfu.example.com, or
              stun:HOST:PORT of a node elsewhere; may be given several times
  --json      prints the findings as JSON

Exits with 1 if there is a problem.
`,
  books: `causeway books backup FILE
causeway books restore FILE

Copies the books that CAUSEWAY_BOOKS names to a file, also while nodes use them, or from a file into
empty books.
`,
  ledger: `causeway ledger verify FILE [AUTHORITY]

Checks an exported ledger without a node or the network. AUTHORITY is the public key that the
operator has published.
`,
};
