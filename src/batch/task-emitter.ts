import type { Counters, TaskContext } from './define-job.ts';

/** Counts by name, of one attempt. */
export class TaskCounters implements Counters {
  readonly counts: Record<string, number> = {};

  add(name: string, count = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + count;
  }
}

/** One attempt of a task, as plain data: another thread or process can be asked to make it. */
export interface Assignment {
  readonly output: string;
  readonly job: string;
  readonly kind: 'map' | 'task';
  readonly task: number;
  /** From 1. */
  readonly attempt: number;
  readonly arguments: Readonly<Record<string, string>>;
}

/** What the functions of an attempt are called with, and its counters. */
export function contextOf(
  { task, attempt, arguments: words }: Assignment,
  signal: AbortSignal,
): TaskContext & { readonly counters: TaskCounters } {
  return { task, attempt, arguments: words, signal, counters: new TaskCounters() };
}
