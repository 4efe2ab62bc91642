/** An HTTP server that receives OTLP as JSON, as a collector does. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 2 is a server, 3 a client. */
  readonly kind: number;
  readonly attributes: readonly Attribute[];
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}

export interface ReceivedMetric {
  readonly name: string;
  readonly sum?: { readonly isMonotonic: boolean; readonly aggregationTemporality: number; readonly dataPoints: readonly DataPoint[] };
  readonly gauge?: { readonly dataPoints: readonly DataPoint[] };
  readonly histogram?: {
    readonly dataPoints: readonly {
      readonly explicitBounds: readonly number[];
      readonly bucketCounts: readonly number[];
      readonly sum: number;
      readonly count: number;
    }[];
  };
}

interface DataPoint {
  readonly attributes: readonly Attribute[];
  readonly asDouble?: number;
  readonly startTimeUnixNano: string;
}

interface Resource {
  readonly attributes: readonly Attribute[];
}

interface MetricsRequest {
  readonly resourceMetrics: readonly {
    readonly resource: Resource;
    readonly scopeMetrics: readonly { readonly metrics: readonly ReceivedMetric[] }[];
  }[];
}

interface TracesRequest {
  readonly resourceSpans: readonly {
    readonly resource: Resource;
    readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[];
  }[];
}

export class OtlpCollector {
  readonly url: string;
  /** All bodies as they came, with their paths. */
  readonly requests: { readonly path: string; readonly text: string }[] = [];
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param status what it replies */
  static async start(status = 200): Promise<OtlpCollector> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      collector.requests.push({ path: request.url ?? '', text: Buffer.concat(chunks).toString() });
      response.writeHead(status, { 'Content-Type': 'application/json' }).end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const collector = new OtlpCollector(server);
    return collector;
  }

  get spans(): readonly ReceivedSpan[] {
    return this.#bodies<TracesRequest>('/v1/traces').flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    );
  }

  /** The last value of each metric. */
  get metrics(): ReadonlyMap<string, ReceivedMetric> {
    const all = this.#bodies<MetricsRequest>('/v1/metrics').flatMap(({ resourceMetrics }) =>
      resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)),
    );
    return new Map(all.map((metric) => [metric.name, metric]));
  }

  /** Attributes of the node that sent the metrics. */
  get resource(): Readonly<Record<string, string | undefined>> {
    const [first] = this.#bodies<MetricsRequest>('/v1/metrics');
    return Object.fromEntries((first?.resourceMetrics[0]?.resource.attributes ?? []).map(({ key, value }) => [key, value.stringValue]));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #bodies<Body>(path: string): Body[] {
    return this.requests.filter((request) => request.path === path).map(({ text }) => JSON.parse(text) as Body);
  }
}

/** The attributes of a span or data point as a record. */
export function attributesOf({
  attributes,
}: {
  readonly attributes: readonly Attribute[];
}): Readonly<Record<string, string | number | undefined>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
}
