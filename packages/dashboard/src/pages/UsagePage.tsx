import type { BillReply, UsageReply } from '@causeway/protocol';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useServices } from '../service/console-services.ts';
import { sizeText } from '../service/received-bytes.ts';
import { barsOf, spanOf, USAGE_RANGES, type UsageRange, usageQueryText } from '../service/usage-range.ts';
import { Choice, Loaded, TableBox } from '../shell/controls.tsx';
import { ByteChart } from './ByteChart.tsx';

/** The usage of an app and its cost. */
export function UsagePage() {
  const { appId } = useParams({ from: '/member/apps/$appId' });
  const { admin } = useServices();
  const [range, setRange] = useState<UsageRange>('This month by day');
  const usage = useQuery({ queryKey: ['usage', appId, range], queryFn: () => admin.readUsage(appId, usageQueryText(range, Date.now())) });
  const bill = useQuery({ queryKey: ['bill', appId], queryFn: () => admin.readBill(appId) });
  return (
    <section aria-labelledby="usage-title">
      <h2 id="usage-title">Usage</h2>
      <p>Usage usually appears here within ten seconds. Times are in UTC.</p>
      <Loaded query={bill}>{(reply) => <Bill bill={reply} />}</Loaded>
      <Choice label="Range" value={range} options={USAGE_RANGES} onChange={setRange} />
      <Loaded query={usage}>{(reply) => <Used usage={reply} csvUrl={csvUrl(appId, range)} />}</Loaded>
    </section>
  );
}

function Bill({ bill }: { readonly bill: BillReply }) {
  const { month, billedBytes, freeBytes, pricePerGb, currency, cost } = bill;
  const price =
    Number(pricePerGb) === 0
      ? 'This node does not charge for usage.'
      : `${cost} ${currency} so far, at ${pricePerGb} ${currency} per gigabyte.`;
  const free = freeBytes === 0 ? '' : ` The first ${sizeText(freeBytes)} of each month are free.`;
  return (
    <p>
      <strong>{sizeText(billedBytes)}</strong> billed in {month}. {price}
      {free}
    </p>
  );
}

function Used({ usage, csvUrl }: { readonly usage: UsageReply; readonly csvUrl: string }) {
  const { by, billedMetric, total, rows, next } = usage;
  if (rows.length === 0) return <p>No usage in this range.</p>;
  return (
    <>
      <figure className="wide">
        <figcaption>
          Billed ({billedMetric}) by {by}: <strong>{sizeText(total.billed)}</strong>
        </figcaption>
        <ByteChart readings={barsOf(rows)} label={`${sizeText(total.billed)} billed, by ${by}`} bars={spanOf(usage)} />
      </figure>
      <TableBox label="Usage table">
        <table>
          <thead>
            <tr>
              <th scope="col">{by === 'hour' ? 'Hour (UTC)' : 'Day (UTC)'}</th>
              <th scope="col">RTP to subscribers</th>
              <th scope="col">Data to subscribers</th>
              <th scope="col">Billed</th>
              <th scope="col">From publishers</th>
              <th scope="col">Between nodes</th>
              <th scope="col">Retransmitted</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ start, down, data, billed, up, relay, retransmitted }) => (
              <tr key={start}>
                <th scope="row">{by === 'hour' ? start.slice(0, 16).replace('T', ' ') : start.slice(0, 10)}</th>
                {[down, data, billed, up, relay, retransmitted].map((bytes, column) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the columns of a row stay where they are
                  <td key={column} title={`${bytes} bytes`}>
                    {sizeText(bytes)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      {next !== undefined && <p>Not all rows are shown. The CSV file and the API have the rest.</p>}
      <p>
        <a href={csvUrl} download="usage.csv">
          Download as CSV
        </a>{' '}
        (exact bytes)
      </p>
    </>
  );
}

function csvUrl(appId: string, range: UsageRange): string {
  return `./api/admin/v1/apps/${encodeURIComponent(appId)}/usage?${usageQueryText(range, Date.now())}&format=csv`;
}
