import { describe, expect, it } from 'vitest';
import { bareType, formatType, parseType } from '../../../src/table/schema/type-text.ts';
import { failureNow } from '../../support/failures.ts';

describe('types as text', () => {
  it.each([
    ['int', 'INT'],
    [' string ? ', 'STRING?'],
    ['decimal', 'DECIMAL(10, 0)'],
    ['DECIMAL(38,18)', 'DECIMAL(38, 18)'],
    ['char', 'CHAR(1)'],
    ['binary(3)?', 'BINARY(3)?'],
    ['time', 'TIME(0)'],
    ['timestamp', 'TIMESTAMP(6)'],
    ['timestamp_ltz(9)', 'TIMESTAMP_LTZ(9)'],
    ['array<int?>', 'ARRAY<INT?>'],
    ['map<string,array<bytes>?>', 'MAP<STRING, ARRAY<BYTES>?>'],
    ['row<a int, "b c" string?, ärger int>', undefined],
    ['row<a int, "b \\"c" string?>', 'ROW<a INT, "b \\"c" STRING?>'],
  ])('%s', (text, canonical) => {
    if (canonical === undefined) {
      failureNow(() => parseType(text, 'columns'), 'INVALID_ARGUMENT');
      return;
    }
    const definition = parseType(text, 'columns');
    expect(formatType(definition)).toBe(canonical);
    expect(formatType(parseType(canonical, 'columns'))).toBe(canonical);
    expect(bareType(definition)).toBe(canonical.replace(/\?$/, ''));
  });

  it.each([
    ['', 'has no type'],
    ['number', 'names no type: there are BOOLEAN'],
    ['decimal(39)', 'precision of DECIMAL must be an integer from 1 to 38, not 39'],
    ['decimal(3,4)', 'exceeds its precision'],
    ['timestamp(10)', 'from 0 to 9'],
    ['char(0)', 'from 1 to'],
    ['time(1,2)', 'takes 1 numbers, not 2'],
    ['array<int', 'lacks ">"'],
    ['array int', 'lacks "<"'],
    ['int int', 'after its end'],
    ['row<>', 'without a name'],
    ['char(x)', 'lacks a number'],
    [`${'array<'.repeat(40)}int${'>'.repeat(40)}`, 'nested more than 32 deep'],
  ])('%s is refused', (text, why) => {
    const error = failureNow(() => parseType(text, 'columns'), 'INVALID_ARGUMENT');
    expect(error.message).toContain(why);
    expect(error.argument).toBe('columns');
  });
});
