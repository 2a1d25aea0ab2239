import { numberIn, senselessListing, timeIn } from '../objects/listing-entry.ts';
import { childrenOf, escapeXml, textOf, type XmlElement } from '../objects/xml.ts';
import type { AzureAnswer } from './azure-answer.ts';
import type { AzureClient } from './azure-client.ts';
import { uriOf } from './azure-path.ts';

/** A blob in a listing. */
export interface ListedBlob {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Whether it only stands for a directory. */
  readonly directory: boolean;
}

/** A page of a listing. It may be empty without being the last one. */
export interface ListedPage {
  readonly blobs: readonly ListedBlob[];
  /** The prefixes of names up to the next slash, if the listing is flat. */
  readonly prefixes: readonly string[];
}

/** The part of a container to list. */
export interface Listing {
  readonly container: string;
  readonly prefix: string;
  /** Whether names with a further slash are combined to prefixes; default: false. */
  readonly flat?: boolean;
  /** The most names in a page; default: 5000. */
  readonly pageLength?: number;
}

const NOTHING: XmlElement = { name: '', text: '', children: [] };

/** The metadata that marks a blob as a directory, where a storage has some or a tool wants some. */
export const DIRECTORY_MARK = 'hdi_isfolder';

/**
 * Yields the blobs whose names begin with a prefix, in pages; none if there is no such container.
 *
 * @throws {CairnError} `IO`.
 */
export async function* listPages(client: AzureClient, listing: Listing): AsyncIterable<ListedPage> {
  const { container, prefix, flat = false, pageLength } = listing;
  const uri = uriOf({ container, blob: prefix });
  for (let marker = ''; ; ) {
    const answer = await client.send({
      method: 'GET',
      container,
      blob: '',
      query: {
        restype: 'container',
        comp: 'list',
        include: 'metadata',
        ...(flat ? { delimiter: '/' } : {}),
        ...(pageLength === undefined ? {} : { maxresults: String(pageLength) }),
        ...(prefix === '' ? {} : { prefix }),
        ...(marker === '' ? {} : { marker }),
      },
    });
    if (answer.status === 404) return;
    if (!answer.ok) throw answer.error('list', uri);
    const result = documentOf(answer, uri);
    const found = childrenOf(result, 'Blobs').flatMap(({ children }) => children);
    yield {
      blobs: found.filter(({ name }) => name === 'Blob').map((entry) => listed(entry, uri)),
      prefixes: found.filter(({ name }) => name === 'BlobPrefix').map(nameOf),
    };
    const next = textOf(result, 'NextMarker') ?? '';
    if (next === '') return;
    if (next === marker) throw senselessListing(uri, 'a page goes on with itself');
    marker = next;
  }
}

/** Returns whether the container exists, and whether it has a name that begins with a prefix. */
export async function isAnythingBelow(
  client: AzureClient,
  container: string,
  prefix: string,
): Promise<{ readonly container: boolean; readonly any: boolean }> {
  let there = false;
  for await (const { blobs, prefixes } of listPages(client, { container, prefix, pageLength: 1 })) {
    if (blobs.length + prefixes.length > 0) return { container: true, any: true };
    there = true;
  }
  return { container: there, any: false };
}

/** The document of a listing. Names that XML has no room for are said to be encoded, by an attribute. */
function documentOf(answer: AzureAnswer, uri: string): XmlElement {
  const encoded = /<Name Encoded="true">([^<]*)<\/Name>/g;
  return answer.document(uri, 'EnumerationResults', (text) =>
    text.replace(encoded, (_, name: string) => `<Name>${escapeXml(decodeURIComponent(name))}</Name>`),
  );
}

function nameOf(entry: XmlElement): string {
  return textOf(entry, 'Name') ?? '';
}

function listed(entry: XmlElement, uri: string): ListedBlob {
  const [properties = NOTHING] = childrenOf(entry, 'Properties');
  const [metadata = NOTHING] = childrenOf(entry, 'Metadata');
  const name = nameOf(entry);
  return {
    name,
    bytes: numberIn(properties, 'Content-Length', name, uri),
    modifiedMs: timeIn(properties, 'Last-Modified', name, uri),
    directory:
      textOf(properties, 'ResourceType') === 'directory' || textOf(metadata, DIRECTORY_MARK) === 'true',
  };
}
