import { invalidArgument } from '../../errors.ts';

/** A blob, or all blobs whose names begin so: the container, and the name without a slash at the end. */
export interface BlobPlace {
  readonly container: string;
  readonly blob: string;
}

/** Returns the container and the name in a storage's path. */
export function placeOf(path: string): BlobPlace {
  const slash = path.indexOf('/');
  return slash < 0
    ? { container: path, blob: '' }
    : { container: path.slice(0, slash), blob: path.slice(slash + 1) };
}

/** Returns the prefix of all names below a place. */
export function prefixOf({ blob }: BlobPlace): string {
  return blob === '' ? '' : `${blob}/`;
}

/** Returns the URI of a place. */
export function uriOf({ container, blob }: BlobPlace): string {
  return blob === '' ? `az://${container}` : `az://${container}/${blob}`;
}

// Of these, the ones with a dollar sign are the storage's own.
const CONTAINER = /^(?:\$(?:root|web|logs)|(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*)$/;
const UNPAIRED = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
// XML, which listings are made of, has no room for these, nor a URL of Azure's for a backslash.
const ALTERED = /[\p{Cc}\ufffe\uffff\\]/u;

/**
 * The path that `az://container/name` means. The name is taken as it stands, as other tools do: there are no
 * percent escapes in it. Slashes at its end, and more than one in a row, don't count.
 *
 * @param rest what follows `az:`.
 * @throws {CairnError} `INVALID_ARGUMENT`, also for names that the storage would alter.
 */
export function parseAzurePath(rest: string, uri: string): string {
  const [container, ...parts] = rest.startsWith('//') ? rest.slice(2).split('/') : [''];
  const names = parts.filter((part) => part !== '');
  if (!CONTAINER.test(container)) {
    throw invalidArgument(
      'uri',
      `${uri} names no container: write az://container/folder/store, the container with 3 to 63 small letters, ` +
        'digits and single hyphens',
    );
  }
  // A dot at the end of a part is lost on the way, and so are the parts "." and "..".
  if (names.some((name) => name.endsWith('.')) || UNPAIRED.test(rest) || ALTERED.test(rest)) {
    throw invalidArgument(
      'uri',
      `${uri} has a part that can't be in a blob's name: one that ends with a dot, or holds a backslash, a control ` +
        'character or an unpaired surrogate',
    );
  }
  return [container, ...names].join('/');
}
