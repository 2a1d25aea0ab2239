const decoder = new TextDecoder('utf-8', { fatal: true });

/** Returns the text that a header means: clients send UTF-8, which a platform hands out byte by byte. */
export function headerText(header: string): string {
  const bytes = new Uint8Array(header.length);
  for (let i = 0; i < header.length; i++) {
    const code = header.charCodeAt(i);
    if (code > 0xff) return header;
    bytes[i] = code;
  }
  try {
    return decoder.decode(bytes);
  } catch {
    // Latin-1, as it stands.
    return header;
  }
}
