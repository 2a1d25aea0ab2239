import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCollection } from '../../src/node/collection.ts';
import { createStore } from '../../src/node/index.ts';
import type { CairnServer } from '../../src/node/server.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { ask, servedRoots } from '../support/served-root.ts';

const at = directoryPerTest();
const roots = servedRoots();

/** `FUZZ_REQUESTS=100000 npx vitest run test/server/openapi.test.ts` takes longer, and finds more. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 1500);

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Readonly<Record<string, unknown>>;
}

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: object };
  readonly responses: Readonly<Record<string, object>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

async function served(): Promise<CairnServer> {
  await createStore(at('fruit')).put('apple', { color: 'red' }).put('pear', 'green').close();
  await createStore(at('bytes'), { keyEncoding: 'binary', valueEncoding: 'binary' })
    .put(new Uint8Array([1, 2]), new Uint8Array([3]))
    .close();
  await createStore(at('tuples'), { keyEncoding: 'tuple' }).put(['a', 1], 1n).close();
  await createStore(at('numbers'), { keyEncoding: 'number' }).put(-1.5, null).put(7, true).close();
  const prices = await openCollection(at('prices'), { valueEncoding: 'json' });
  await prices.set('apple', { cents: 120 });
  await prices.close();
  return roots.make({ root: at('.') });
}

async function documentOf(server: CairnServer): Promise<Document> {
  const answer = await server.fetch(ask('/openapi.json'));
  return (await answer.json()) as Document;
}

/** Words that the routes know, and such as attackers know. */
const WORDS = [
  'fruit',
  'bytes',
  'tuples',
  'numbers',
  'prices',
  'apple',
  '["a",1]',
  '0x0102',
  '7',
  'my-key',
  'io.namespace',
  'inheritance',
  'kv',
  'stores',
  'main',
  'key:desc',
  'hex',
  'json',
  'true',
  'NUMBER',
  '0',
  '-1',
  '1',
  '10001',
  '99999999999999999999',
  '1e999',
  'NaN',
  '',
  '.',
  '..',
  '../../etc/passwd',
  '%00',
  '\0',
  '%2e%2e%2f',
  'a/b',
  'a\\b',
  'CON',
  '{"$bytes":"zz"}',
  '{"$bigint":"x"}',
  '{"__proto__":1}',
  '[[[[[[[',
  '"',
  '<script>',
  "' OR 1=1 --",
  '😀',
  '\u202e',
  '\ufeff',
  'P30D',
  '-P1D',
  'PT999999999999H',
  '2021-09-01',
  'x'.repeat(300),
];

const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.integer().map(String) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
);

const body = fc.oneof(
  word,
  fc.constantFrom(
    '{"keys":["my-key"]}',
    '{"keys":1}',
    '{"token":"x"}',
    '{"expiredOnly":false}',
    '{"keepVersions":1}',
  ),
  fc.json({ maxDepth: 4 }),
);

/** One request for an operation: as it should be, or almost. */
function requestFor(path: string, method: string, operation: Operation): fc.Arbitrary<Request> {
  const ofPlace = (place: string): readonly Parameter[] =>
    operation.parameters.filter((one) => one.in === place);
  return fc
    .record({
      names: fc.dictionary(fc.constantFrom(...ofPlace('path').map(({ name }) => name), 'path'), word),
      path: fc.array(word, { minLength: 5, maxLength: 5 }),
      query: fc.dictionary(fc.constantFrom('odd', ...ofPlace('query').map(({ name }) => name)), word, {
        maxKeys: 4,
      }),
      headers: fc.dictionary(
        fc.constantFrom(
          'range',
          'if-range',
          'if-match',
          'if-none-match',
          'accept',
          ...ofPlace('header').map(({ name }) => name),
        ),
        fc.oneof(word, fc.constantFrom('bytes=0-1', 'bytes=-5', '"1"', '*')),
        { maxKeys: 3 },
      ),
      body,
      type: fc.constantFrom('application/json', 'text/plain', 'application/octet-stream', 'nonsense'),
    })
    .map((made) => {
      let used = 0;
      const filled = path.replace(/\{\w+\}/g, () =>
        encodeURIComponent(wellFormed(made.path[used++ % made.path.length])),
      );
      const query = new URLSearchParams(made.query).toString();
      const headers = new Headers();
      for (const [name, value] of Object.entries({ ...made.headers, 'content-type': made.type })) {
        // What a client cannot send.
        if (/^[\x20-\x7e]*$/.test(value)) headers.set(name, value);
      }
      const hasBody = method !== 'get' && method !== 'head';
      return ask(`${filled}${query === '' ? '' : `?${query}`}`, {
        method: method.toUpperCase(),
        headers,
        ...(hasBody ? { body: made.body } : {}),
      });
    });
}

/** Without unpaired surrogates, which no URL has. */
function wellFormed(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}

describe('the OpenAPI document', () => {
  it('names every route once, with its parameters', async () => {
    const document = await documentOf(await served());
    expect(document.openapi).toBe('3.1.0');
    const ids = new Set<string>();
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const { operationId, parameters, responses } of Object.values(operations)) {
        expect(ids.has(operationId)).toBe(false);
        ids.add(operationId);
        const named = parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`);
        expect(named.sort()).toEqual([...(path.match(/\{\w+\}/g) ?? [])].sort());
        expect(Object.keys(responses).length).toBeGreaterThan(1);
      }
    }
    expect(ids.size).toBeGreaterThan(15);
    const limit = document.paths['/api/v1/stores/{name}/entries'].get.parameters.find(
      ({ name }) => name === 'limit',
    );
    expect(limit).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', maximum: 10_000 },
    });
  });

  it('holds whatever is asked: nothing is answered by 500, and what is not refused is as it says', async () => {
    const server = await served();
    const { paths } = await documentOf(server);
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    const any = fc
      .constantFrom(...operations)
      .chain(({ path, method, operation }) =>
        requestFor(path, method, operation).map((request) => ({ request, operation })),
      );
    await fc.assert(
      fc.asyncProperty(any, async ({ request, operation }) => {
        const answer = await server.fetch(request);
        const said = await answer.text();
        const shown = `${request.method} ${request.url} ${answer.status} ${said.slice(0, 300)}`;
        if (answer.status >= 500) throw new Error(shown);
        if (answer.status < 400 && !(answer.status in operation.responses))
          throw new Error(`not promised: ${shown}`);
        if (/\bat [^ ]+ \(|\/node_modules\/|\.ts:\d+/.test(said)) throw new Error(`a stack: ${shown}`);
        if (said.includes(at('.').slice(0, -2))) throw new Error(`a path of the disk: ${shown}`);
        if (answer.status >= 400) {
          const { message, code, _links } = JSON.parse(said) as Record<string, unknown>;
          if (typeof message !== 'string' || typeof code !== 'string' || _links === undefined)
            throw new Error(shown);
        }
      }),
      { numRuns: REQUESTS },
    );
  }, 600_000);
});
