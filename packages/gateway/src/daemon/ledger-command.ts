/** `causeway ledger verify FILE [AUTHORITY]`. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type LedgerReport, verifyLedger } from '@causeway/accounts';
import { argumentsError } from '../config/command-usage.ts';
import { StartError } from '../config/start-error.ts';

/**
 * Checks an exported ledger, without a configuration, a node or the network.
 *
 * @returns a message for the person who ran the command
 * @throws ConfigError – the command is unknown
 * @throws StartError – the file cannot be read, or is not a complete, unchanged ledger
 */
export async function runLedgerCommand(args: readonly string[]): Promise<string> {
  const [verb, path, authority, ...rest] = args;
  if (verb !== 'verify' || path === undefined || rest.length > 0) throw argumentsError('ledger');
  const report = await readReport(path, authority);
  if (report.problems.length > 0)
    throw new StartError(`${path} cannot be trusted:\n${report.problems.map((problem) => `  ${problem}\n`).join('')}`);
  return describeReport(report, authority !== undefined);
}

async function readReport(path: string, authority: string | undefined): Promise<LedgerReport> {
  const input = createReadStream(path, 'utf8');
  try {
    return await verifyLedger(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }), { authority });
  } catch (error) {
    throw new StartError(`${path} cannot be read: ${(error as Error).message}`);
  } finally {
    input.destroy();
  }
}

function describeReport({ app, fromMs, toMs, leaves, bytes, authority }: LedgerReport, isAuthorityKnown: boolean): string {
  const range = `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`;
  const advice = isAuthorityKnown ? '' : '; compare it with the key that the operator has published, or pass that key after the file';
  return [
    `The ledger of app ${app} from ${range} is complete and unchanged.`,
    `${leaves} leaves, ${bytes.down + bytes.data} bytes billed (down ${bytes.down}, data ${bytes.data}).`,
    `Signed by nodes of the authority ${authority}${advice}.`,
    '',
  ].join('\n');
}
