// What a page does with stores; the same code is loaded as it is, and bundled.
import { createStore, isCairnError, openStore, storeInfo, verifyStore } from 'cairnkv';

/** Uses the library against a server of the golden files, and tells what came of it. */
export async function check(golden) {
  const outcome = {};

  const writer = await createStore('memory:fruit', { compression: 'deflate', blockBytes: 256 });
  await writer.putAll(
    Array.from({ length: 500 }, (_, i) => [`fruit ${1000 + i}`, { number: i, kind: 'apple' }]),
  );
  await writer.close();
  const fruit = await openStore('memory:fruit');
  outcome.memory = [fruit.getSync('fruit 1499'), await fruit.count(), (await verifyStore('memory:fruit')).ok];

  outcome.http = {};
  for (const name of [
    'compression-none',
    'compression-deflate',
    'compression-zstd',
    'keys-tuple',
    'values-msgpack',
  ]) {
    const store = await openStore(new URL(`${name}/store`, golden));
    const { ok, checked } = await store.verify();
    const [first] = (await store.first()) ?? [];
    outcome.http[name] = [ok, checked.entries, (await store.get(first)) !== undefined];
    await store.close();
  }

  outcome.file = {};
  for (const name of ['compression-none', 'compression-deflate', 'compression-zstd']) {
    const { partitions } = await storeInfo(new URL(`${name}/store`, golden).href);
    const response = await fetch(new URL(`${name}/store/data/${partitions[0].name}`, golden));
    const store = await openStore(new File([await response.blob()], 'dropped.cairn'));
    const sync = code(() => store.getSync('entry/0001'));
    outcome.file[name] = [store.info.uri, (await store.get('entry/0001')).length, await store.count(), sync];
  }

  outcome.errors = [
    await codeOf(openStore(new URL('nothing-here', golden))),
    await codeOf(openStore('/a/path')),
    await codeOf(openStore(new File(['words'], 'words.txt'))),
  ];
  return outcome;
}

/** Writes and reads zstd, whose writer is WebAssembly from a file of its own; or the code of the error. */
export async function checkZstd() {
  const uri = `memory:zstd-${Math.random()}`;
  try {
    const writer = await createStore(uri, { compression: 'zstd', valueEncoding: 'utf8' });
    writer.put('a', 'stone upon stone, '.repeat(500));
    const { bytes } = await writer.close();
    return [(await openStore(uri).get('a')).length, bytes < 2000];
  } catch (error) {
    return isCairnError(error) ? error.code : String(error);
  }
}

/** What comes of uses that need checksums: `done`, or code and message of the error. */
export async function checkWebAssembly() {
  const uri = `memory:checked-${Math.random()}`;
  const outcomes = [];
  for (const use of [
    () => createStore(uri).put('a', 1).close(),
    () => openStore(uri).get('a'),
    () => verifyStore(uri),
  ]) {
    outcomes.push(
      await use().then(
        () => 'done',
        (error) => (isCairnError(error) ? [error.code, error.message] : String(error)),
      ),
    );
  }
  return outcomes;
}

async function codeOf(promise) {
  try {
    await promise;
    return 'nothing';
  } catch (error) {
    return isCairnError(error) ? error.code : String(error);
  }
}

function code(call) {
  try {
    call();
    return 'nothing';
  } catch (error) {
    return isCairnError(error) ? error.code : String(error);
  }
}

globalThis.check = check;
globalThis.checkZstd = checkZstd;
globalThis.checkWebAssembly = checkWebAssembly;
