/** Names of objects that are hard to encode in URLs, signatures or listings. */
export const ODD_NAMES: readonly string[] = [
  'plain',
  'with space',
  'a+b',
  '50%25',
  '&<>"\'',
  'é€😀',
  '?query#fragment',
  "!'()*~",
  '..a',
  'a;b=c,d@e:f$g',
];
