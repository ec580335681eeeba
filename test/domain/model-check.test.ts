import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleSize } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import { parseModelSpec } from '#domain/model-check.ts';
import { presetNames, presets } from '#domain/model-presets.ts';

/** The digits preset as plain JSON, with the value at the dotted path replaced, or removed if undefined. */
function digitsWith(path: string, value: unknown): unknown {
  const spec: unknown = JSON.parse(JSON.stringify(presets.digits));
  const keys = path.split('.');
  let at = spec as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  const last = keys.at(-1)!;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return spec;
}

test('every preset passes its own check, also through JSON', () => {
  for (const name of presetNames) {
    assert.equal(presets[name].preset, name);
    assert.deepEqual(parseModelSpec(JSON.parse(JSON.stringify(presets[name]))), presets[name]);
  }
});

test('rule sizes are those of the table', () => {
  assert.equal(ruleSize(presets.digits.automaton), 3648);
  assert.equal(ruleSize(presets['small-images'].automaton), 18_080);
  assert.equal(ruleSize(presets.faces.automaton), 55_552);
  assert.ok(ruleSize(presets.sketch.automaton) <= 20_000);
});

test('the encoders end in one pixel', () => {
  for (const name of presetNames) {
    const { grid, network } = presets[name];
    if (network === null) continue;
    let side = grid.height;
    for (const layer of network.encoder) {
      if (layer.kind === 'pool') side = Math.floor(side / 2);
      else if (layer.padding === 'same') side = Math.ceil(side / layer.stride);
      else side = Math.floor((side - layer.size) / layer.stride) + 1;
    }
    assert.equal(side, 1, name);
  }
});

const wrong: readonly [string, unknown][] = [
  ['version', 2],
  ['preset', 5],
  ['image', 'cmyk'],
  ['grid', [28, 28]],
  ['grid.height', 0],
  ['grid.width', 28.5],
  ['grid.width', 1e9],
  ['automaton.channels', 3],
  ['automaton.hidden', -1],
  ['automaton.sobelSizes', [4]],
  ['automaton.sobelSizes', 3],
  ['automaton.aliveChannel', 8],
  ['automaton.aliveThreshold', '0.1'],
  ['automaton.fireRate', 1.5],
  ['automaton.gain', null],
  ['automaton.gain', undefined],
  ['window', 5],
  ['steps', 0],
  ['seed', 'none'],
  ['network', undefined],
  ['network.planes', 3],
  ['network.encoder', [{ kind: 'dense' }]],
  ['network.encoder', [{ kind: 'pool', size: 2 }]],
  ['network.encoder', Array.from({ length: 5 }, () => ({ kind: 'pool' }))],
  ['network.encoder', [{ kind: 'conv', size: 29, channels: 4, stride: 1, padding: 'valid' }]],
  ['network.latentKind', 'other'],
  ['network.decoder', [0]],
  ['loss', 'l1'],
  ['klWeight', -1],
  ['damage', { circles: 8, minRadius: 0.5, maxRadius: 0.1 }],
  ['extra', 1],
  ['automaton.extra', 1],
];

for (const [path, value] of wrong) {
  test(`a spec whose ${path} is ${JSON.stringify(value)} is refused by name`, () => {
    assert.throws(
      () => parseModelSpec(digitsWith(path, value)),
      (error) => {
        assert.ok(error instanceof AppError);
        assert.equal(error.code, 'bad-spec');
        assert.match(error.message, new RegExp(path.split('.').at(-1)!));
        return true;
      },
    );
  });
}

test('what is no object is refused', () => {
  for (const value of [null, undefined, 3, 'digits', []]) {
    assert.throws(
      () => parseModelSpec(value),
      (error) => error instanceof AppError && error.code === 'bad-spec',
    );
  }
});

test('probabilities of large damage, of none and of held cells may be there, within 0 and 1', () => {
  const damage = { circles: 8, minRadius: 0.02, maxRadius: 0.05 };
  const spec = (change: object): unknown => ({ ...presets.sketch, damage: { ...damage, ...change } });
  assert.deepEqual(parseModelSpec(spec({})).damage, damage);
  assert.deepEqual(parseModelSpec(spec({ large: 0.5 })).damage, { ...damage, large: 0.5 });
  assert.deepEqual(parseModelSpec(spec({ whole: 0.2, large: 0 })).damage, {
    ...damage,
    whole: 0.2,
    large: 0,
  });
  const held = { share: 0.5, steps: 24 };
  assert.deepEqual(parseModelSpec(spec({ held })).damage, { ...damage, held });
  for (const change of [
    { large: 1.5 },
    { whole: -1 },
    { large: '1' },
    { held: 0.5 },
    { held: { share: 2, steps: 1 } },
    { huge: 1 },
  ])
    assert.throws(() => parseModelSpec(spec(change)), { code: 'bad-spec' });
});

test('the seed may lie off the centre, by whole cells and on the grid', () => {
  const spec = (seedOffset: unknown): unknown => ({ ...presets.single, seedOffset });
  assert.deepEqual(parseModelSpec(spec({ x: -3, y: 5 })).seedOffset, { x: -3, y: 5 });
  assert.ok(!('seedOffset' in parseModelSpec(presets.single)));
  for (const offset of [null, { x: 1 }, { x: 0.5, y: 0 }, { x: 0, y: 41 }, { x: 0, y: 0, z: 0 }])
    assert.throws(() => parseModelSpec(spec(offset)), { code: 'bad-spec' });
});
