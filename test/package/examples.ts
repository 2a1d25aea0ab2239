import { readdirSync, readFileSync } from 'node:fs';
import { REPOSITORY, sourceFiles } from './source-files.ts';

/** A block of TypeScript that documentation shows. */
export interface Example {
  /** The file, and the line where the block begins. */
  readonly where: string;
  readonly code: string;
}

/** The `ts` blocks of a Markdown text. */
export function markdownExamples(text: string, file: string): Example[] {
  const examples: Example[] = [];
  for (const match of text.matchAll(/^```(?:ts|typescript)\b[^\n]*\n([\s\S]*?)^```/gm)) {
    examples.push({ where: `${file}:${lineOf(text, match.index)}`, code: match[1] });
  }
  return examples;
}

/** The blocks under `@example` in a module's comments. */
export function docExamples(text: string, file: string): Example[] {
  const examples: Example[] = [];
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const body = comment[0].replace(/^[ \t]*\*(?: |$)?/gm, '');
    for (const tag of body.split('@example').slice(1)) {
      for (const { code } of markdownExamples(tag, file)) {
        examples.push({ where: `${file}:${lineOf(text, comment.index)}`, code });
      }
    }
  }
  return examples;
}

/** The pages for users: the README, and those beside what they describe. Paths in the repository. */
export function userPages(): string[] {
  const beside = readdirSync(`${REPOSITORY}src`, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?:^|\/)README\.md$/.test(path))
    .map((path) => `src/${path}`);
  return ['README.md', ...beside.sort()];
}

/** Every example of the pages and of the sources. */
export function allExamples(): Example[] {
  return [
    ...userPages().flatMap((page) => markdownExamples(readFileSync(`${REPOSITORY}${page}`, 'utf8'), page)),
    ...sourceFiles().flatMap(({ path, text }) => docExamples(text, `src/${path}`)),
  ];
}

/** What the lines `console.log(…); // this` of an example promise to print. */
export function promisesOf(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\);[ \t]*\/\/ (.*)$/gm)].flatMap((match) =>
    match[1].trim().split(', then '),
  );
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
