/** Whether it is a `Blob` (a `File` is one), of this realm or of another. */
export function isBlob(value: unknown): value is Blob {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Blob>).size === 'number' &&
    typeof (value as Partial<Blob>).slice === 'function' &&
    typeof (value as Partial<Blob>).arrayBuffer === 'function'
  );
}

/** Returns the name of a blob for messages: that of the file, if it is one. */
export function blobName(blob: Blob): string {
  const { name } = blob as Partial<File>;
  return typeof name === 'string' && name !== '' ? name : 'the Blob';
}
