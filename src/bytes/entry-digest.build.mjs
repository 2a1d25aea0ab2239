// Compiles entry-digest.wat into entry-digest-wasm.ts: npm run wasm
import { readFileSync, writeFileSync } from 'node:fs';
import loadWabt from 'wabt';

/** The module's bytes. */
export async function compileEntryDigest() {
  const wabt = await loadWabt();
  const source = readFileSync(new URL('./entry-digest.wat', import.meta.url), 'utf8');
  const { buffer } = wabt.parseWat('entry-digest.wat', source).toBinary({ write_debug_names: false });
  return buffer;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const base64 = Buffer.from(await compileEntryDigest()).toString('base64');
  const lines = base64.match(/.{1,100}/g).map((line) => `  '${line}'`);
  writeFileSync(
    new URL('./entry-digest-wasm.ts', import.meta.url),
    `/** entry-digest.wat, compiled by \`npm run wasm\`, in base64. A test compiles it anew and compares. */\n` +
      `export const ENTRY_DIGEST_WASM: string =\n${lines.join(' +\n')};\n`,
  );
}
