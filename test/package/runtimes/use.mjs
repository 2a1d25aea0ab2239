// What a program does with the library wherever it runs. Each test builds or runs it with a module of its own.
import { createStore, isCairnError, openStore, verifyStore } from 'cairnkv';

const COUNT = 2000;

/** The value of a rejection that the library made, as text; other errors go on. */
function told(error) {
  if (!isCairnError(error)) throw error;
  return `${error.code}: ${error.message}`;
}

async function read(uri) {
  const store = await openStore(uri, { keyEncoding: 'utf8' });
  const scanned = [];
  for await (const [key] of store.entries({ prefix: 'key-199' })) scanned.push(key);
  const answers = {
    got: [await store.get('key-7'), (await store.get('none')) ?? 'absent'],
    many: await store.getMany(['key-1', 'key-2']),
    scanned: scanned.length,
    rank: await store.rank('key-1'),
    ok: (await store.verify()).ok,
  };
  await store.close();
  return answers;
}

async function write(uri, compression) {
  const writer = createStore(uri, { compression, sort: true });
  for (let i = 0; i < COUNT; i++) await writer.put(`key-${i}`, { i, text: 'heap of stones '.repeat(3) });
  await writer.close();
  const { ok } = await verifyStore(uri);
  return { ok, ...(await read(uri)) };
}

/**
 * @param base what the URIs of stores that may be written begin with
 * @param served a URL of stores to read
 * @param compressions those to write with
 */
export async function use(base, served, compressions) {
  const answers = {};
  for (const compression of compressions)
    answers[compression] = await write(`${base}${compression}`, compression).catch(told);
  for (const compression of ['none', 'deflate', 'zstd'])
    answers[`served ${compression}`] = await read(`${served}/${compression}`);
  answers.file = await openStore('./absent').then(String, told);
  return answers;
}
