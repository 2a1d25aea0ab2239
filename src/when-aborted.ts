interface Watched {
  readonly runs: Set<() => void>;
  readonly listener: () => void;
}

const watched = new WeakMap<AbortSignal, Watched>();

/**
 * Calls `run` when the signal is aborted, unless the returned function is called before. Each signal gets one
 * listener for all its reads: Node warns of a leak when there are more than ten.
 */
export function whenAborted(signal: AbortSignal, run: () => void): () => void {
  const { runs, listener } = watched.get(signal) ?? watch(signal);
  runs.add(run);
  return () => {
    runs.delete(run);
    if (runs.size > 0) return;
    signal.removeEventListener('abort', listener);
    watched.delete(signal);
  };
}

function watch(signal: AbortSignal): Watched {
  const runs = new Set<() => void>();
  const listener = (): void => {
    for (const run of [...runs]) run();
  };
  const entry: Watched = { runs, listener };
  watched.set(signal, entry);
  signal.addEventListener('abort', listener);
  return entry;
}
