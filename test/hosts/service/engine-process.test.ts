import assert from 'node:assert/strict';
import test from 'node:test';
import type { superviseEngine } from '#hosts/engine/supervision/supervise-engine.ts';
import { engineOpener } from '#hosts/service/engine-process.ts';

test('an engine that trains may be silent for much longer than one that people look at', () => {
  const asked: Parameters<typeof superviseEngine>[0][] = [];
  const stop = new Error('as far as this test goes');
  const open = engineOpener(() => undefined, {
    supervise: (options) => {
      asked.push(options);
      throw stop;
    },
  });
  const settings = { backend: 'auto', threads: null } as const;
  for (const kind of ['live', 'heavy'] as const) assert.throws(() => open(kind, settings), stop);
  const [live, heavy] = asked;
  assert.equal(live.stallMs, undefined, 'the usual patience');
  assert.ok((heavy.stallMs ?? 0) >= 120_000, `${heavy.stallMs} ms`);
});
