import { existsSync, readFileSync } from 'node:fs';
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

/** The pages whose examples are run. */
const PAGES = ['README.md', 'src/collection/README.md', 'src/level/README.md'];

/** Every example of the pages and of the sources. */
export function allExamples(): Example[] {
  const pages = PAGES.filter((page) => existsSync(`${REPOSITORY}${page}`));
  return [
    ...pages.flatMap((page) => markdownExamples(readFileSync(`${REPOSITORY}${page}`, 'utf8'), page)),
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
