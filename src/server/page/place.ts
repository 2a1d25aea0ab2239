/** What the page shows: the part of the URL after `#/`. */
export type Place =
  | { readonly view: 'home' }
  | { readonly view: 'store'; readonly name: string; readonly tab: StoreTab }
  | { readonly view: 'namespace'; readonly name: string };

export type StoreTab = 'entries' | 'about' | 'verify';

const TABS: readonly string[] = ['entries', 'about', 'verify'];

/** Reads the place of a URL; an unknown one is home. */
export function placeOf(hash: string): Place {
  const [view, name, tab] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  if (view === 'store' && name)
    return { view, name, tab: TABS.includes(tab) ? (tab as StoreTab) : 'entries' };
  if (view === 'namespace' && name) return { view, name };
  return { view: 'home' };
}

/** Returns the link to a place. */
export function linkTo(place: Place): string {
  switch (place.view) {
    case 'home':
      return '#/';
    case 'store':
      return `#/store/${encodeURIComponent(place.name)}${place.tab === 'entries' ? '' : `/${place.tab}`}`;
    case 'namespace':
      return `#/namespace/${encodeURIComponent(place.name)}`;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
