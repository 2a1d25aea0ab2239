import { toHex } from '../bytes/hex.ts';

const MAX_CHARACTERS = 64;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A key for messages: text is quoted, bytes are hex; long keys are cut. */
export function quoteKey(key: string | Uint8Array): string {
  const text = typeof key === 'string' ? key : textOf(key);
  if (text === undefined) {
    const hex = toHex((key as Uint8Array).subarray(0, MAX_CHARACTERS));
    return `0x${hex}${key.length > MAX_CHARACTERS ? '…' : ''}`;
  }
  const cut = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
  return JSON.stringify(cut);
}

function textOf(key: Uint8Array): string | undefined {
  try {
    return decoder.decode(key);
  } catch {
    return undefined;
  }
}
