/** Upper ends of the buckets of the durations, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counts of one route. */
interface RouteCounts {
  readonly statuses: Map<number, number>;
  readonly buckets: number[];
  count: number;
  seconds: number;
}

/** Numbers of a server, as Prometheus reads them. */
export class Metrics {
  readonly #routes = new Map<string, RouteCounts>();
  readonly #gauges = new Map<string, { readonly help: string; readonly value: () => number }>();

  /** Adds a number that is asked for when the metrics are read. */
  gauge(name: string, help: string, value: () => number): void {
    this.#gauges.set(name, { help, value });
  }

  /** Counts an answer. `route` is a pattern: with paths in its place, the number of series would have no bound. */
  count(method: string, route: string, status: number, durationMs: number): void {
    const key = `method="${METHODS.has(method) ? method : 'other'}",route="${route}"`;
    let counts = this.#routes.get(key);
    if (counts === undefined) {
      counts = { statuses: new Map(), buckets: BUCKETS.map(() => 0), count: 0, seconds: 0 };
      this.#routes.set(key, counts);
    }
    const seconds = durationMs / 1000;
    counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1);
    counts.count++;
    counts.seconds += seconds;
    const bucket = BUCKETS.findIndex((end) => seconds <= end);
    if (bucket >= 0) counts.buckets[bucket]++;
  }

  /** Returns the exposition text. */
  format(): string {
    const lines: string[] = [];
    lines.push('# HELP cairn_http_requests_total Requests that were answered.');
    lines.push('# TYPE cairn_http_requests_total counter');
    for (const [key, { statuses }] of this.#routes) {
      for (const [status, number] of statuses)
        lines.push(`cairn_http_requests_total{${key},status="${status}"} ${number}`);
    }
    lines.push('# HELP cairn_http_request_duration_seconds From the headers of a request to its answer.');
    lines.push('# TYPE cairn_http_request_duration_seconds histogram');
    for (const [key, { buckets, count, seconds }] of this.#routes) {
      let below = 0;
      for (const [i, end] of BUCKETS.entries()) {
        below += buckets[i];
        lines.push(`cairn_http_request_duration_seconds_bucket{${key},le="${end}"} ${below}`);
      }
      lines.push(`cairn_http_request_duration_seconds_bucket{${key},le="+Inf"} ${count}`);
      lines.push(`cairn_http_request_duration_seconds_sum{${key}} ${seconds}`);
      lines.push(`cairn_http_request_duration_seconds_count{${key}} ${count}`);
    }
    for (const [name, { help, value }] of this.#gauges)
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value()}`);
    return `${lines.join('\n')}\n`;
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS']);
