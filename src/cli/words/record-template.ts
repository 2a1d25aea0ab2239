import { invalidArgument } from '../../errors.ts';
import type { LogRecord } from '../../node/log.ts';
import type { Pieces, RecordText } from './record-text.ts';
import { formatTimestamp } from './timestamp.ts';

const FIELD = /\{\{\s*(.*?)\s*\}\}/g;

type Field = (record: LogRecord, text: RecordText) => string | Uint8Array;

const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['key', (record, text) => keyText(record.key(), text)],
  ['value', (record, text) => text.of(record.value())],
  ['offset', ({ offset }) => String(offset)],
  ['bucket', ({ bucket }) => String(bucket)],
  // Fluvio's word for it.
  ['partition', ({ bucket }) => String(bucket)],
  ['time', ({ timestamp }) => formatTimestamp(timestamp)],
]);

function keyText(key: Uint8Array | null, text: RecordText): string | Uint8Array {
  return key === null ? 'null' : text.of(key);
}

/**
 * A template of `consume --template`: text in which `{{key}}`, `{{value}}`, `{{offset}}`, `{{bucket}}` (or
 * `{{partition}}`) and `{{time}}` stand for what a record has. Nothing is escaped.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for a field that there isn't.
 */
export function recordTemplate(template: string): (record: LogRecord, text: RecordText) => Pieces {
  const parts: (string | Field)[] = [];
  let at = 0;
  for (const match of template.matchAll(FIELD)) {
    const field = FIELDS.get(match[1]);
    if (field === undefined) {
      const names = [...FIELDS.keys()].map((name) => `{{${name}}}`).join(', ');
      throw invalidArgument('template', `--template: there is no ${match[0]}; there are ${names}`);
    }
    parts.push(template.slice(at, match.index), field);
    at = match.index + match[0].length;
  }
  parts.push(template.slice(at));
  return (record, text) => parts.map((part) => (typeof part === 'string' ? part : part(record, text)));
}
