import fc from 'fast-check';
import { expect, it } from 'vitest';
import { childrenOf, escapeXml, parseXml, textOf } from '../../../src/io/objects/xml.ts';

it('reads elements, text, entities and CDATA, and passes over the rest', () => {
  const root = parseXml(
    '\uFEFF<?xml version="1.0"?>\n<!-- hello --><a xmlns="urn:x" b=\'c\'><ns:d>1 &lt;&#x41;&#66;&amp;</ns:d><e/><d><![CDATA[<2>]]></d></a>\n',
  );
  expect(root.name).toBe('a');
  expect(childrenOf(root, 'd').map(({ text }) => text)).toEqual(['1 <AB&', '<2>']);
  expect([textOf(root, 'd'), textOf(root, 'e'), textOf(root, 'f')]).toEqual(['1 <AB&', '', undefined]);
});

it.each([
  '',
  'text',
  '<a>',
  '<a></b>',
  '</a>',
  '<a/><b/>',
  '<a/>text',
  '<a>&nbsp;</a>',
  '<a>&#x110000;</a>',
  '<a>& b</a>',
  '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  '<a b=c/>',
  '<a',
  '<a><![CDATA[</a>',
  '<a>'.repeat(50) + '</a>'.repeat(50),
])('refuses %j', (text) => {
  expect(() => parseXml(text)).toThrow(SyntaxError);
});

it('gives back any text that was escaped, and throws nothing but a SyntaxError whatever it is given', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(parseXml(`<a><b>${escapeXml(text)}</b></a>`).children[0].text).toBe(text);
    }),
  );
  const piece = fc.constantFrom(
    '<a>',
    '</a>',
    '<b/>',
    '&lt;',
    '&',
    'x',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '"',
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      try {
        parseXml(pieces.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
      }
    }),
  );
});
