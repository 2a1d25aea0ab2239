/**
 * Goes through the damages of one store, one after the other, and prints a line when one is done. What is missing when
 * this process has died is what killed it.
 *
 *     node bench/integrity/child.js < job.json
 *
 * @typedef {object} Job
 * @property {string} tester   a name of `TESTERS`, or 'golden'
 * @property {string} store    the directory of the whole store
 * @property {string} [other]  that of the other build
 * @property {string} scratch  where damaged copies are made
 * @property {import('./damages.js').Damage[]} damages
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HINT, isHint, plainFiles } from './collections.js';
import { damaged } from './damages.js';
import { Answers, entriesOf, GOLDEN_TESTERS, library, readFiles, TESTERS } from './stores.js';

// Hundreds of errors a trial are expected; nobody reads where they come from.
Error.stackTraceLimit = 0;

/** @type {Job} */
const job = JSON.parse(readFileSync(0, 'utf8'));
const golden = GOLDEN_TESTERS[job.tester];
const tester = golden ?? TESTERS[job.tester];
const isOurs = tester.verify !== undefined;
const files = readFiles(job.store, tester.keeps);
const otherBuild = job.other === undefined ? undefined : readFiles(job.other, tester.keeps);
const { isCairnError } = isOurs ? await library() : {};
/** @param {any} error */
const isTyped = (error) => !isOurs || isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT', 'NOT_A_STORE');
const entries = golden === undefined ? entriesOf(0) : await golden.entries(job.store);

// Golden stores are small and their damages many: they are read from memory, all others from files.
const memory = golden === undefined ? undefined : await memoryStore();

const control = await tryIt(files, 'control');
if (control !== 'correct' && control !== 'unverified')
  throw new Error(`nothing is damaged, and yet: ${control}`);
for (const [number, damage] of job.damages.entries()) {
  const content = damaged(damage, files, otherBuild);
  const outcome = content === undefined ? 'same' : await tryIt(content, number, damage.file);
  writeSync(1, `${number} ${outcome}\n`);
}

/** @param {import('./damages.js').Files} content @param {number | string} name @param {string} [changed] */
async function tryIt(content, name, changed) {
  // A directory for each: some stores remember a path as long as the process lives.
  const place = memory?.uri ?? join(job.scratch, `${process.pid}-${name}`);
  if (memory === undefined) writeFiles(place, content);
  else if (changed !== undefined) await memory.put(changed, content);
  const answers = new Answers(entries, isTyped);
  await tester.read(place, answers, typeof name === 'number' ? name : 0);
  let outcome = answers.failed > 0 ? 'detected' : 'correct';
  if (answers.wrong > 0) outcome = answers.failed > 0 ? 'partly' : 'silent';
  if (answers.untyped > 0) outcome = 'untyped';
  // The hint of a collection may name any version that is there.
  if (outcome === 'correct' && tester.verify !== undefined && !(changed === HINT && isHint(content)))
    if (await tester.verify(place)) outcome = 'unverified';
  if (memory === undefined) rmSync(place, { recursive: true, force: true });
  else if (changed !== undefined) await memory.put(changed, files);
  return answers.firstWrong === undefined ? outcome : `${outcome} ${answers.firstWrong}`;
}

/** @param {string} dir @param {import('./damages.js').Files} content */
function writeFiles(dir, content) {
  for (const [path, bytes] of content) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  }
}

/** The job's store in memory, under names that nothing but this campaign changes. */
async function memoryStore() {
  const { MemoryStorage, memoryScheme } = await import(
    new URL('../../dist/modules/io/memory.js', import.meta.url).href
  );
  const { registerStorage } = await import('cairnkv/storage');
  const storage = new MemoryStorage();
  registerStorage(memoryScheme(storage));
  plainFiles.open = (path) => storage.open(path.replace(/^memory:/, ''));
  const root = 'golden';
  const uri = storage.uri(root);
  const put = (/** @type {string} */ path, /** @type {import('./damages.js').Files} */ content) =>
    storage.replace(`${root}/${path}`, content.get(path));
  for (const path of files.keys()) await put(path, files);
  return { uri, put };
}
