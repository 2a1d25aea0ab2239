/** A scan reads one partition while it prepares the next one. */
const MAX_KEPT_FILES = 2;

/** What forgets the files that a client has received whole, the oldest first. */
const kept = new WeakMap<object, (() => void)[]>();

/** Files that are being received. */
const receiving = new WeakMap<object, Promise<Uint8Array>>();

/**
 * Receives all of a file by one request, for all who ask meanwhile.
 *
 * @param client whose files are counted: of those that were received whole, it keeps two.
 * @param keep is called with the bytes, and with none when files that came later have taken their place.
 * @throws {CairnError} (as a rejection) what `receive` throws.
 */
export function receiveWhole(
  client: object,
  file: object,
  receive: () => Promise<{ readonly bytes: Uint8Array }>,
  keep: (bytes: Uint8Array) => void,
): Promise<Uint8Array> {
  const running = receiving.get(file);
  if (running !== undefined) return running;
  const whole = keepReceived(client, receive, keep).finally(() => receiving.delete(file));
  receiving.set(file, whole);
  return whole;
}

async function keepReceived(
  client: object,
  receive: () => Promise<{ readonly bytes: Uint8Array }>,
  keep: (bytes: Uint8Array) => void,
): Promise<Uint8Array> {
  const { bytes } = await receive();
  keep(bytes);
  const others = kept.get(client) ?? [];
  kept.set(client, others);
  others.push(() => keep(new Uint8Array(0)));
  if (others.length > MAX_KEPT_FILES) others.shift()?.();
  return bytes;
}
