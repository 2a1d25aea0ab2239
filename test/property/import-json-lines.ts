import { SeededRandom } from '../support/seeded-random.ts';

const NUMBERS = [
  '0',
  '-0',
  '1',
  '-17',
  '1.5',
  '1e3',
  '1E+2',
  '0.1e-7',
  '12345678901234567890',
  '9007199254740993',
  '9007199254740992',
  '1e400',
  '-0.0',
  '01',
  '.5',
  '+1',
  '0x10',
  'NaN',
  '123456789012345678901234567890',
  '1e23',
  '5e-324',
  '0.1000000000000000055',
];
const STRINGS = [
  '""',
  '"a"',
  '"é"',
  '"😀"',
  '"\\n"',
  '"\\u00e9"',
  '"\\/"',
  '"\t"',
  '"\\x"',
  '"key"',
  '"\\u0000"',
  '"\ufeff"',
];
const SPECIAL: readonly number[] = [...Buffer.from('{}[]",:\\ \n\r\t0-e.ntf#\ufeff')];

/** Lines of JSON that a seed makes: entries, and some that are none. */
export function jsonLinesCase(seed: number): Uint8Array {
  const random = new SeededRandom(seed);
  const space = (): string => (random.oneIn(6) ? random.pick([' ', '  ', '\t', '\r', '']) : '');
  const value = (depth: number): string => {
    switch (random.below(depth > 2 ? 4 : 7)) {
      case 0:
      case 1:
        return random.oneIn(3) ? random.pick(NUMBERS) : String(random.below(1000));
      case 2:
        return random.pick(['true', 'false', 'null']);
      case 3:
        return random.pick(STRINGS);
      case 4:
        return `[${list(() => value(depth + 1))}]`;
      default:
        return `{${list((i) => `"m${random.oneIn(9) ? 0 : i}":${value(depth + 1)}`)}}`;
    }
  };
  const list = (item: (i: number) => string): string =>
    Array.from({ length: random.below(3) }, (_, i) => space() + item(i) + space()).join(',');
  let text = random.oneIn(12) ? '\ufeff' : '';
  const count = random.below(5);
  for (let line = 0; line < count; line++) {
    const members = [
      `"${random.oneIn(20) ? 'k\\u0065y' : 'key'}"${space()}:${space()}${random.oneIn(20) ? value(2) : `"k${random.below(9)}"`}`,
      `"value":${space()}${value(0)}`,
    ];
    if (random.oneIn(3)) members.push(`"other"${space()}:${value(0)}`);
    if (random.oneIn(20)) members.push('"key":"again"');
    if (random.oneIn(25)) members.pop();
    if (random.oneIn(2)) members.reverse();
    text += `${space()}{${members.join(`${space()},${space()}`)}}${space()}${random.oneIn(8) ? '\r' : ''}\n`;
    if (random.oneIn(12)) text += `${space()}\n`;
  }
  let bytes: Uint8Array = Buffer.from(text);
  if (random.oneIn(4)) {
    const at = random.below(bytes.length + 1);
    const inserted = Uint8Array.of(random.oneIn(5) ? random.below(256) : random.pick(SPECIAL));
    bytes = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + random.below(2))]);
  }
  return bytes;
}
