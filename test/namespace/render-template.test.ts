import { describe, expect, it } from 'vitest';
import { type Namespaces, openNamespaces, renderTemplate } from '../../src/node/namespace.ts';
import { failure } from '../support/failures.ts';

let number = 0;

async function filled(): Promise<Namespaces> {
  const namespaces = await openNamespaces(`memory:templates-${number++}`, { clock: () => 0 });
  await namespaces.namespace('company').setMany([
    { key: 'region', value: 'eu' },
    { key: 'html', value: '<a href="x">&amp;\'</a>' },
    { key: 'template', value: "{{ kv('region') }}" },
    { key: 'decimal', value: '1.50', type: 'NUMBER' },
    { key: 'long', value: 2n ** 64n },
    { key: 'number', value: 5 },
    { key: 'yes', value: true },
    { key: 'no', value: false },
    { key: 'null', value: null },
    { key: 'date', value: '2021-09-01', type: 'DATE' },
    { key: 'object', value: '{"a": 1.0, "list": [1, {"x": "y"}], "__proto__": {"b": 2}}', type: 'JSON' },
    { key: 'text', value: '{"a":"of text"}' },
    { key: 'json-text', value: '"quoted"', type: 'JSON' },
    { key: 'expired', value: 1, ttl: 0 },
  ]);
  await namespaces.namespace('company.team').set('own', 'mine');
  return namespaces;
}

async function render(text: string, namespace: string | undefined = 'company.team'): Promise<string> {
  return renderTemplate(text, { namespaces: await filled(), namespace, file: 'app.tmpl' });
}

describe('a template', () => {
  it.each([
    ['', ''],
    ['plain text\r\n', 'plain text\r\n'],
    ["{{ kv('own') }}", 'mine'],
    ['{{ kv("region") }}\n', 'eu\n'],
    ["{{ kv('region', 'company') }}", 'eu'],
    ["{{ kv('region', namespace='company') }}", 'eu'],
    ["{{ kv('html') }}", '<a href="x">&amp;\'</a>'],
    ["{{ kv('template') }}", "{{ kv('region') }}"],
    ["{{ kv('decimal') }} {{ kv('long') }} {{ kv('number') + 1 }}", '1.50 18446744073709551616 6'],
    ["{{ kv('yes') }} {{ kv('no') }} {{ kv('null') }}", 'true false null'],
    ["{% if kv('yes') %}on{% endif %}{% if kv('no') %}off{% endif %}", 'on'],
    ["{{ kv('date') }}", '2021-09-01'],
    ["{{ kv('object') }}", '{"a": 1.0, "list": [1, {"x": "y"}], "__proto__": {"b": 2}}'],
    ["{{ json(kv('object')).list }}", '[1,{"x":"y"}]'],
    ["{{ json(kv('object')).list[1] }} {{ kv('object').list[1].x }}", '{"x":"y"} y'],
    ["{{ json(kv('text')).a }}", 'of text'],
    ["{{ kv('json-text') }} {{ json(kv('json-text')) }}", '"quoted" quoted'],
    ["{% for one in json(kv('object')).list %}{{ one }};{% endfor %}", '1;{"x":"y"};'],
    ["{{ kv('absent', 'company', false) }}|{{ kv('absent', errorOnMissing=false) or 'other' }}", '|other'],
    ["{{ kv('expired', 'company', false) }}", ''],
    ["{% set key = 'region' %}{{ kv(key) }}{{ kv('re' + 'gion') }}", 'eueu'],
    ["{# {{ kv('absent') }} #}{% raw %}{{ kv('absent') }}{% endraw %}", "{{ kv('absent') }}"],
  ])('%j is %j', async (text, rendered) => {
    expect(await render(text)).toBe(rendered);
  });

  it('K25 inherits where no namespace is named', async () => {
    const namespaces = await openNamespaces(`memory:templates-${number++}`);
    await namespaces.namespace('my').set('k', 'my');
    await namespaces.namespace('my.company').set('k', 'my.company');
    const text = "{{ kv('k') }}";
    expect(await renderTemplate(text, { namespaces, namespace: 'my.company.team' })).toBe('my.company');
  });

  it('K26 inherits nothing where one is named', async () => {
    const namespaces = await openNamespaces(`memory:templates-${number++}`);
    await namespaces.namespace('kv').set('k', 1);
    const text = "{{ kv('k', namespace='kv.inherited') }}";
    const { message } = await failure(renderTemplate(text, { namespaces }), 'NOT_FOUND');
    expect(message).toBe("the template, line 1: No value found for key 'k' in namespace 'kv.inherited'");
  });

  it.each([
    ["first\n\n  {{ kv('absent') }}", "app.tmpl, line 3: No value found for key 'absent'"],
    ["{{ kv('own') }}\n{{ json(\n  kv('absent')\n).x }}", 'app.tmpl, line 3: No value found'],
    ["{% for i in [1, 2] %}\n{{ kv('absent') }}{% endfor %}", 'app.tmpl, line 2: No value found'],
    ["{{ kv('expired', 'company') }}", 'app.tmpl, line 1: No value found'],
  ])('that misses a key says which and where: %j', async (text, message) => {
    expect((await failure(render(text), 'NOT_FOUND')).message).toContain(message);
  });

  it.each([
    ['\n{{ unknown }}', 'app.tmpl, line 2:'],
    ["\n\n{{ json(kv('object')).absent }}", 'app.tmpl, line 3:'],
    ["\n{{ unknown('x') }}", 'app.tmpl, line 2:'],
    ["\n{{ kv('html'", "app.tmpl can't be read, because a {{ or {% may be unclosed"],
    ["\n{{ kv('html' }}", 'app.tmpl, line 2:'],
    ['{% if %}', 'app.tmpl, line 1:'],
    ["\n{{ kv('bad$key') }}", 'app.tmpl, line 2: Key must start'],
    ['{{ kv() }}', 'Key cannot be null or empty'],
    ["\n{{ json(kv('html')).x }}", 'app.tmpl, line 2: json() takes JSON text'],
    ["{% include 'other' %}", 'app.tmpl'],
  ])('that is wrong says where: %j', async (text, message) => {
    const error = await failure(render(text), 'INVALID_ARGUMENT');
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('\n');
  });

  it('without a namespace must name one in each call', async () => {
    const namespaces = await filled();
    expect(await renderTemplate("{{ kv('region', 'company') }}", { namespaces })).toBe('eu');
    const { message } = await failure(
      renderTemplate("{{ kv('region') }}", { namespaces }),
      'INVALID_ARGUMENT',
    );
    expect(message).toContain('the template, line 1: a call of kv names no namespace');
  });

  it('is refused with other options', async () => {
    const namespaces = await filled();
    await failure(renderTemplate(5 as unknown as string, { namespaces }), 'INVALID_ARGUMENT');
    await failure(renderTemplate('', {} as { namespaces: Namespaces }), 'INVALID_ARGUMENT');
    await failure(renderTemplate('', { namespaces, namespace: 'a..b' }), 'INVALID_ARGUMENT');
    await failure(
      renderTemplate('', { namespaces, name: 'x' } as { namespaces: Namespaces }),
      'INVALID_ARGUMENT',
    );
    await failure(renderTemplate('', undefined as unknown as { namespaces: Namespaces }), 'INVALID_ARGUMENT');
  });

  it('renders many keys that are known only while it is rendered', async () => {
    const namespaces = await openNamespaces(`memory:templates-${number++}`);
    const ns = namespaces.namespace('n');
    await ns.setMany(Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value: i })));
    const text = "{% for i in range(0, 50) %}{{ kv('k' + i) }},{% endfor %}";
    expect(await renderTemplate(text, { namespaces, namespace: 'n' })).toBe(
      Array.from({ length: 50 }, (_, i) => `${i},`).join(''),
    );
  });
});
