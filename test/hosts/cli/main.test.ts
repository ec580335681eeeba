/** The program as users call it: a process, its exit code and its two streams. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../src-main/hosts/cli/morphogen.mjs', import.meta.url));

function run(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

test('--version prints the version alone', () => {
  const { code, out } = run('--version');
  assert.equal(code, 0);
  assert.match(out, /^\d+\.\d+\.\d+\n$/);
});

test('an unknown command ends with 2, a sentence on stderr and nothing on stdout', () => {
  const { code, out, err } = run('docktor');
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /did you mean doctor\?/);
});

test('doctor --json is one line of JSON that names a working backend', () => {
  const { code, out, err } = run('doctor', '--json');
  assert.equal(code, 0, err);
  assert.equal(out.trimEnd().split('\n').length, 1);
  const report = JSON.parse(out) as {
    node: string;
    threads: number;
    backend: string;
    wasm: { simd: boolean };
    backends: { name: string; works: boolean; detail: string }[];
  };
  assert.equal(report.node, process.versions.node);
  assert.ok(report.threads >= 1);
  assert.ok(report.wasm.simd);
  assert.ok(report.backends.find(({ name }) => name === report.backend)?.works);
  assert.ok(report.backends.every(({ detail }) => detail.length > 0));
});
