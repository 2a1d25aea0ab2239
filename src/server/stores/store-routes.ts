import { z } from 'zod';
import type { CollectionInfo } from '../../collection/collection-info.ts';
import { verifyCollection } from '../../collection/verify-collection.ts';
import { isCairnError } from '../../errors.ts';
import type { VerifyProblem } from '../../partition/check/verify-problem.ts';
import type { Progress } from '../../progress.ts';
import type { StoreInfo } from '../../store/manifest/describe-store.ts';
import { verifyStore } from '../../store/verify-store.ts';
import { formatInfoJson } from '../../text/info-json.ts';
import { KEY_WORDINGS } from '../../text/key-wording.ts';
import { rangeOfText } from '../../text/text-range.ts';
import { type Answer, json, nextLink, text } from '../answer.ts';
import { busy, notFound } from '../refusal.ts';
import { flag, integer, type Route, route } from '../route.ts';
import { entryJson, entryPage, keysOf, positionsOf } from './entry-page.ts';
import type { ListedStore, OpenedStore, StorePool } from './store-pool.ts';

const TAG = 'Stores';

/** Entries of a page, unless a request says otherwise. */
const PAGE_ENTRIES = 100;

const MAX_PAGE_ENTRIES = 10_000;

/** Entries of a sample, at most: each may take a read. */
const MAX_SAMPLE = 1000;

const NAME = z.object({ name: z.string().describe('The name of a store or collection below the root.') });
const KEY_FORMAT = z
  .enum(KEY_WORDINGS)
  .optional()
  .describe('How keys are written; default: as the store has them.');
const WORDING = z.strictObject({ keyFormat: KEY_FORMAT });
const BOUND = z.string().optional();
const RANGE = {
  gt: BOUND.describe('Only keys greater than this.'),
  gte: BOUND.describe('Only keys greater than or equal to this.'),
  lt: BOUND.describe('Only keys less than this.'),
  lte: BOUND.describe('Only keys less than or equal to this.'),
  prefix: BOUND.describe('Only keys that start with this.'),
  keyFormat: KEY_FORMAT,
};

const ENTRY = z.object({ key: z.unknown(), value: z.unknown() });
const ABSENT = { description: 'There is no such store, or no such entry.' };
const UNFIT = { description: 'The key or a parameter is none of this store.' };

/** Verifications at the same time: each reads as fast as the disk does. */
const MAX_VERIFICATIONS = 2;

/** The routes of the stores and collections directly below the root. They only read. */
export function storeRoutes(pool: StorePool): Route[] {
  let verifying = 0;
  const begin = (opened: OpenedStore): Answer => {
    if (verifying >= MAX_VERIFICATIONS) throw busy('other stores are being verified');
    verifying++;
    return verification(opened, () => {
      verifying--;
    });
  };
  return [
    route({
      method: 'get',
      path: '/api/v1/stores',
      id: 'listStores',
      tag: TAG,
      summary: 'The stores and collections directly below the root, by name.',
      params: z.object({}),
      query: z.strictObject({}),
      answers: {
        200: {
          description: 'Everything that can be described; what can not is in skipped.',
          schema: z.object({
            stores: z.array(
              z.object({
                name: z.string(),
                kind: z.enum(['store', 'collection']),
                bytes: z.number(),
                keyEncoding: z.string(),
                valueEncoding: z.string(),
                compression: z.string(),
              }),
            ),
            skipped: z.array(z.object({ name: z.string(), code: z.string() })),
          }),
        },
      },
      async handle() {
        const { found, skipped } = await pool.list();
        return json(JSON.stringify({ stores: found.map(summaryOf), skipped }));
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/stores/{name}',
      id: 'storeInfo',
      tag: TAG,
      summary: 'What a store or collection says of itself, as cairn info --json has it.',
      params: NAME,
      query: WORDING,
      answers: {
        200: {
          description: 'A store has partitions, a collection versions and generations.',
          schema: z.looseObject({ name: z.string(), kind: z.enum(['store', 'collection']), uri: z.string() }),
        },
        404: ABSENT,
      },
      handle: ({ params: { name }, query }) =>
        pool.use(name, async (opened) => {
          const uri = `/files/${encodeURIComponent(name)}`;
          const said =
            opened.kind === 'store'
              ? (JSON.parse(formatInfoJson({ ...opened.reader.info, uri }, query.keyFormat)) as object)
              : { ...opened.reader.info, uri };
          return json(JSON.stringify({ name, kind: opened.kind, ...said }));
        }),
    }),
    route({
      method: 'get',
      path: '/api/v1/stores/{name}/entries',
      id: 'listEntries',
      tag: TAG,
      summary: 'A page of entries in key order, or its reverse.',
      description: 'The Link header, and next, lead to the page after it.',
      params: NAME,
      query: z.strictObject({
        ...RANGE,
        reverse: flag().optional().describe('From the greatest key down.'),
        limit: integer(0, MAX_PAGE_ENTRIES)
          .optional()
          .describe(`The most entries of the page; default: ${PAGE_ENTRIES}.`),
        from: integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
          .optional()
          .describe('The position of the first entry, as at has it; of stores only.'),
        after: z.string().optional().describe('What the page before has as next.'),
      }),
      answers: {
        200: {
          description: 'Fewer entries than limit do not mean that there are no more; next does.',
          schema: z.object({ entries: z.array(ENTRY), next: z.string().nullable() }),
        },
        404: ABSENT,
        422: UNFIT,
      },
      handle: ({ params: { name }, query, url }) =>
        pool.use(name, async (opened) => {
          const { text: entries, next } = await entryPage(opened, {
            ...query,
            limit: query.limit ?? PAGE_ENTRIES,
          });
          const body = `{"entries":${entries},"next":${JSON.stringify(next ?? null)}}`;
          return json(body, 200, next === undefined ? undefined : { link: nextLink(url, next) });
        }),
    }),
    route({
      method: 'get',
      path: '/api/v1/stores/{name}/entries/{key}',
      id: 'getEntry',
      tag: TAG,
      summary: 'The entry of a key.',
      params: NAME.extend({ key: z.string() }),
      query: WORDING,
      answers: { 200: { description: 'The entry.', schema: ENTRY }, 404: ABSENT, 422: UNFIT },
      handle: ({ params: { name, key }, query }) =>
        pool.use(name, async (opened) => {
          const keys = keysOf(opened, query.keyFormat);
          const parsed = keys.parse(key);
          const value = await opened.reader.get(parsed);
          if (value === undefined) throw notFound(`${name} has no key ${quoted(key)}`);
          return json(entryJson([parsed, value], opened, keys));
        }),
    }),
    ...(['floor', 'ceiling'] as const).map((side) =>
      route({
        method: 'get',
        path: `/api/v1/stores/{name}/${side}/{key}`,
        id: `${side}Entry`,
        tag: TAG,
        summary:
          side === 'floor'
            ? 'The entry with the greatest key that is not greater than the one given.'
            : 'The entry with the least key that is not less than the one given.',
        params: NAME.extend({ key: z.string() }),
        query: WORDING,
        answers: { 200: { description: 'The entry.', schema: ENTRY }, 404: ABSENT, 422: UNFIT },
        handle: ({ params: { name, key }, query }) =>
          pool.use(name, async (opened) => {
            const keys = keysOf(opened, query.keyFormat);
            const entry = await opened.reader[side](keys.parse(key));
            if (entry === undefined)
              throw notFound(`${name} has no key ${side === 'floor' ? 'up to' : 'from'} ${quoted(key)}`);
            return json(entryJson(entry, opened, keys));
          }),
      }),
    ),
    route({
      method: 'get',
      path: '/api/v1/stores/{name}/count',
      id: 'countEntries',
      tag: TAG,
      summary: 'The exact number of entries in a range.',
      params: NAME,
      query: z.strictObject(RANGE),
      answers: {
        200: { description: 'The number.', schema: z.object({ count: z.number() }) },
        404: ABSENT,
        422: UNFIT,
      },
      handle: ({ params: { name }, query }) =>
        pool.use(name, async (opened) => {
          const count = await opened.reader.count(rangeOfText(query, keysOf(opened, query.keyFormat)));
          return json(`{"count":${count}}`);
        }),
    }),
    route({
      method: 'get',
      path: '/api/v1/stores/{name}/at/{index}',
      id: 'entryAt',
      tag: TAG,
      summary: 'The entry at a position in key order; negative ones count from the end. Of stores only.',
      params: NAME.extend({ index: integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) }),
      query: WORDING,
      answers: { 200: { description: 'The entry.', schema: ENTRY }, 404: ABSENT, 422: UNFIT },
      handle: ({ params: { name, index }, query }) =>
        pool.use(name, async (opened) => {
          const entry = await positionsOf(opened).at(index);
          if (entry === undefined) throw notFound(`${name} has no entry at ${index}`);
          return json(entryJson(entry, opened, keysOf(opened, query.keyFormat)));
        }),
    }),
    route({
      method: 'get',
      path: '/api/v1/stores/{name}/rank/{key}',
      id: 'rankOfKey',
      tag: TAG,
      summary: 'The number of entries with a smaller key. Of stores only.',
      params: NAME.extend({ key: z.string() }),
      query: WORDING,
      answers: {
        200: { description: 'The number.', schema: z.object({ rank: z.number() }) },
        404: ABSENT,
        422: UNFIT,
      },
      handle: ({ params: { name, key }, query }) =>
        pool.use(name, async (opened) => {
          const rank = await positionsOf(opened).rank(keysOf(opened, query.keyFormat).parse(key));
          return json(`{"rank":${rank}}`);
        }),
    }),
    route({
      method: 'get',
      path: '/api/v1/stores/{name}/sample',
      id: 'sampleEntries',
      tag: TAG,
      summary: 'Distinct entries that a seed chooses, in key order. Of stores only.',
      params: NAME,
      query: z.strictObject({
        n: integer(0, MAX_SAMPLE).optional().describe('How many; default: 10.'),
        seed: integer(0, 0xffff_ffff).optional().describe('Chooses them; default: 0.'),
        keyFormat: KEY_FORMAT,
      }),
      answers: {
        200: { description: 'The entries.', schema: z.object({ entries: z.array(ENTRY) }) },
        404: ABSENT,
        422: UNFIT,
      },
      handle: ({ params: { name }, query: { n = 10, seed = 0, keyFormat } }) =>
        pool.use(name, async (opened) => {
          const keys = keysOf(opened, keyFormat);
          const entries = await positionsOf(opened).sample(n, { seed });
          return json(`{"entries":[${entries.map((entry) => entryJson(entry, opened, keys)).join(',')}]}`);
        }),
    }),
    route({
      method: 'post',
      path: '/api/v1/stores/{name}/verify',
      id: 'verifyStore',
      tag: TAG,
      summary: 'Reads and checks all of a store or collection.',
      description: 'Lines of JSON: {"done","total"} as it goes on, and a last one with the report.',
      params: NAME,
      query: z.strictObject({}),
      answers: {
        200: { description: 'Lines of JSON.', types: ['application/x-ndjson'] },
        404: ABSENT,
      },
      handle: ({ params: { name } }) => pool.use(name, async (opened) => begin(opened)),
    }),
  ];
}

/** Answers with the lines of a verification, which ends when the client leaves. */
function verification(opened: OpenedStore, ended: () => void): Answer {
  const stopped = new AbortController();
  return {
    ...text(null, 200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' }),
    body: verificationLines(opened, stopped.signal),
    release() {
      stopped.abort(new DOMException('the client has left', 'AbortError'));
      ended();
    },
  };
}

async function* verificationLines(
  { uri, kind, name }: OpenedStore,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const waiting: object[] = [];
  let wake: () => void = () => undefined;
  const add = (line: object): void => {
    waiting.push(line);
    wake();
  };
  const options = {
    signal,
    onProgress: ({ done, total }: Progress) => add({ done, total }),
  };
  const verify = kind === 'store' ? verifyStore : verifyCollection;
  let ended = false;
  verify(uri, options)
    .then(
      ({ ok, checked, problems }) => ({ report: { ok, checked, problems: problems.map(problemJson) } }),
      (error: unknown) => ({
        error: {
          code: isCairnError(error) ? error.code : 'INTERNAL',
          message: `${name} could not be verified`,
        },
      }),
    )
    .then((line) => {
      ended = true;
      add(line);
    });
  for (;;) {
    const line = waiting.shift();
    if (line !== undefined) yield encoder.encode(`${JSON.stringify(line)}\n`);
    else if (ended) return;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
}

/** A problem without the place of the root. */
function problemJson({ file, section, offset, code }: VerifyProblem): object {
  return { file: file.split(/[/\\]/).at(-1), section, offset, code };
}

/** Returns what a listing says of a store or collection. */
export function summaryOf({ name, kind, info }: ListedStore): object {
  const { bytes, keyEncoding, valueEncoding, compression } = info;
  const own = kind === 'store' ? ofStore(info as StoreInfo) : ofCollection(info as CollectionInfo);
  return { name, kind, bytes, keyEncoding, valueEncoding, compression, ...own };
}

function ofStore({ count, partitions }: StoreInfo): object {
  return { count, partitions: partitions.length };
}

function ofCollection({ version, storedEntries, generations }: CollectionInfo): object {
  return { version, storedEntries, generations: generations.length };
}

function quoted(key: string): string {
  return JSON.stringify(key.length > 100 ? `${key.slice(0, 100)}…` : key);
}
