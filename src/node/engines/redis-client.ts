/** How the client of Redis connects, and what it does when the connection is lost. */
export interface ClientOptions {
  readonly options: {
    readonly url: string;
    readonly maxRetriesPerRequest: number | null;
    readonly retryStrategy: (times: number) => number | null;
  };
  /** Lets it connect again from now on; before that, the first refusal is an error. */
  keepTrying(): void;
}

/** The options of a client; `isWorker` if its requests wait as long as it takes. */
export function clientOptions(url: string, isWorker = false): ClientOptions {
  let tries = false;
  return {
    options: {
      url,
      maxRetriesPerRequest: isWorker ? null : 3,
      retryStrategy: (times) => (tries ? Math.min(100 * times, 2000) : null),
    },
    keepTrying: () => {
      tries = true;
    },
  };
}
