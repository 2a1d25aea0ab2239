import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// JavaScript without declarations: what Node runs as it stands.
const bench = (path: string) => import(String(new URL(`../../bench/${path}`, import.meta.url)));
const { renderReport } = await bench('report/report.js');
const { mergeSection } = await bench('report/results.js');
const { KeyFile } = await bench('peers/key-file.js');
const { makeWorkload } = await bench('peers/workloads.js');

type Samples = Record<string, Record<string, number[]>>;

function run(samples: Samples, more: object = {}): object {
  const contestant = { version: '1', kind: 'peer', settings: 'none', compressed: false };
  return {
    command: 'npm run bench',
    rounds: 3,
    scale: 1,
    seed: 20,
    machine: { cpu: 'some', cores: 2, memoryGiB: 8, node: '20', platform: 'linux x64' },
    bareNode: { memoryBytes: 40e6, milliseconds: 40 },
    contestants: { lmdb: contestant, sqlite: contestant, cairn: { ...contestant, kind: 'ours' } },
    samples,
    unavailable: {},
    failures: [],
    ...more,
  };
}

function section(...runs: object[]) {
  return { title: 'some data', count: 1000, runs };
}

function rowOf(report: string, title: string): string | undefined {
  return report.split('\n').find((line) => line.startsWith(`| ${title} |`));
}

describe("the benchmark's report", () => {
  it('compares medians with the best peer, and lists what is missed', () => {
    const samples = {
      'get-hit-lent': { lmdb: [900, 1000, 9000], sqlite: [100, 100, 100], cairn: [1000, 2000, 1500] },
      'get-miss-owned': { lmdb: [1000], cairn: [3000] },
    };
    const report = renderReport({ W1: section(run(samples)) });
    expect(rowOf(report, 'getSync hit, lent value')).toContain(
      '| 1.0k | 0.1k | **1.5k** | lmdb | 1.50 × | ≥ 2 × | **missed** |',
    );
    expect(rowOf(report, 'getSync miss')).toContain('| lmdb | 3.00 × | ≥ 3 × | reached |');
    expect(report).toContain('- W1, getSync hit, lent value: 1.5k, 1.50 × lmdb (1.0k); target ≥ 2 ×');
  });

  it('compares with the named peer where the target is about one', () => {
    const samples = { 'paged-get-owned': { lmdb: [1000], sqlite: [5000], cairn: [1100] } };
    const report = renderReport({ W1: section(run(samples)) });
    expect(rowOf(report, 'getSync, store of 8 × cache, owned')).toContain(
      '| lmdb | 1.10 × | ≥ 1 × | reached |',
    );
  });

  it('counts a target as lost where ours cannot be measured', () => {
    const unavailable = { 'threads-memory-two': { cairn: 'its reader has no share()' } };
    const report = renderReport({ W2: section(run({}, { unavailable })) });
    expect(rowOf(report, 'memory of the process, two workers')).toContain(
      '| not available | – | – | ≤ 1.15 × one worker | **not available** |',
    );
    expect(report).toContain('- W2, memory of the process, two workers: not available');
  });

  it('holds the memory of two workers against that of one', () => {
    const memory = (two: number) => ({
      'threads-memory-one': { cairn: [700e6] },
      'threads-memory-two': { cairn: [two] },
    });
    const verdict = (two: number) =>
      rowOf(renderReport({ W2: section(run(memory(two))) }), 'memory of the process, two workers');
    expect(verdict(800e6)).toContain('| ≤ 1.15 × one worker: 805 MB | reached |');
    expect(verdict(810e6)).toContain('**missed**');
  });

  it('shows each row of the newest run that has measured it, and drops runs that no row shows', () => {
    const first = run({ 'get-hit-lent': { lmdb: [1000], cairn: [1000] }, scan: { lmdb: [1], cairn: [1] } });
    const second = run({ 'get-hit-lent': { lmdb: [4000], cairn: [8000] } });
    const third = run({
      'get-hit-lent': { lmdb: [4000], cairn: [9000] },
      'scan-each': { cairn: [60] },
      scan: { lmdb: [10] },
    });
    const merged = mergeSection(section(run({ 'scan-each': { cairn: [5] } }), first), section(second));
    expect(merged.runs).toHaveLength(2);
    expect(merged.runs).not.toContain(first);
    const last = mergeSection(merged, section(third));
    expect(last.runs).toEqual([third]);
    expect(rowOf(renderReport({ W1: last }), 'full scan, forEachSync')).toContain(
      '| lmdb | 6.00 × | ≥ 5 × | reached |',
    );
  });
});

describe("the benchmark's keys", () => {
  it.each(['W1', 'W2', 'W3'])('of %s are the same out of a file', (name) => {
    const dir = mkdtempSync(join(tmpdir(), 'cairn-bench-'));
    try {
      const workload = makeWorkload(name, { scale: 0.01, seed: 20, count: 1000 });
      const form = workload.textKeys ? 'string' : 'buffer';
      for (const absent of [false, true]) {
        KeyFile.write(join(dir, 'keys'), workload, 300, { absent });
        const file = KeyFile.read(join(dir, 'keys'), form);
        const { keys, indexes } = workload.sampleKeys(300, form, { absent });
        expect(file.all()).toEqual(keys);
        expect(file.indexes).toEqual(indexes);
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("the benchmark's command", () => {
  it.each([
    ['--write', '--rounds', '2'],
    ['--write', '--scale', '0.5'],
  ])('publishes no part of it: %s %s %s', (...args) => {
    const command = fileURLToPath(new URL('../../bench/peers/run.js', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('--write wants --scale 1 and --rounds 3 or more');
  });
});
