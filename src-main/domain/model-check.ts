/**
 * Checks that an unknown value, such as the JSON of a model file, is a ModelSpec that the engine can run: every field
 * there, none unknown, in range, and consistent (an encoder that does not shrink below a pixel, channels that exist).
 * Limits are wide; they keep a hostile file from asking for absurd memory, not a user from experimenting.
 */
import type { Automaton, Grid } from './automaton.ts';
import { AppError } from './errors.ts';
import type { DamageSpec, EncoderLayer, ModelSpec, NetworkSpec } from './model-spec.ts';

/** @throws AppError bad-spec, naming the field, what was expected and what came. */
export function parseModelSpec(value: unknown): ModelSpec {
  const hasOffset = typeof value === 'object' && value !== null && Object.hasOwn(value, 'seedOffset');
  const fields = record(value, 'the model spec', [
    ...(hasOffset ? ['seedOffset'] : []),
    'version',
    'preset',
    'image',
    'grid',
    'automaton',
    'window',
    'steps',
    'seed',
    'network',
    'loss',
    'klWeight',
    'damage',
  ]);
  const image = choice(fields['image'], 'image', ['grey-alpha', 'rgb', 'rgba']);
  const grid = parseGrid(fields['grid']);
  const network = fields['network'] === null ? null : parseNetwork(fields['network'], grid);
  const planes = { 'grey-alpha': 1, rgb: 3, rgba: 4 }[image];
  if (network !== null && network.planes !== planes) {
    fail('network.planes', `${planes}, for images of kind ${image}`, network.planes);
  }
  return {
    version: choice(fields['version'], 'version', [1]),
    preset: text(fields['preset'], 'preset'),
    image,
    grid,
    automaton: parseAutomaton(fields['automaton']),
    window: choice(fields['window'], 'window', [3]),
    steps: integer(fields['steps'], 'steps', 1, 100_000),
    seed: choice(fields['seed'], 'seed', ['rgba', 'hidden']),
    ...(hasOffset && { seedOffset: parseOffset(fields['seedOffset'], grid) }),
    network,
    loss: choice(fields['loss'], 'loss', ['mse', 'bce']),
    klWeight: number(fields['klWeight'], 'klWeight', 0, 1e6),
    damage: fields['damage'] === null ? null : parseDamage(fields['damage']),
  };
}

function parseGrid(value: unknown): Grid {
  const fields = record(value, 'grid', ['height', 'width']);
  return {
    height: integer(fields['height'], 'grid.height', 1, 4096),
    width: integer(fields['width'], 'grid.width', 1, 4096),
  };
}

function parseOffset(value: unknown, { height, width }: Grid): { readonly x: number; readonly y: number } {
  const fields = record(value, 'seedOffset', ['x', 'y']);
  return {
    x: integer(fields['x'], 'seedOffset.x', -width, width),
    y: integer(fields['y'], 'seedOffset.y', -height, height),
  };
}

function parseAutomaton(value: unknown): Automaton {
  const fields = record(value, 'automaton', [
    'channels',
    'hidden',
    'sobelSizes',
    'aliveChannel',
    'aliveThreshold',
    'fireRate',
    'gain',
  ]);
  const channels = integer(fields['channels'], 'automaton.channels', 4, 256);
  const sobelSizes = list(fields['sobelSizes'], 'automaton.sobelSizes', 8).map((size, i) => {
    const path = `automaton.sobelSizes[${i}]`;
    const checked = integer(size, path, 3, 31);
    return checked % 2 === 1 ? checked : fail(path, 'an odd size', size);
  });
  return {
    channels,
    hidden: integer(fields['hidden'], 'automaton.hidden', 1, 4096),
    sobelSizes,
    aliveChannel: integer(fields['aliveChannel'], 'automaton.aliveChannel', 0, channels - 1),
    aliveThreshold: number(fields['aliveThreshold'], 'automaton.aliveThreshold', 0, 1e3),
    fireRate: number(fields['fireRate'], 'automaton.fireRate', 0, 1),
    gain: number(fields['gain'], 'automaton.gain', -1e3, 1e3),
  };
}

function parseNetwork(value: unknown, grid: Grid): NetworkSpec {
  const needed = ['planes', 'encoder', 'latent', 'latentKind', 'decoder'];
  const hasHeld = typeof value === 'object' && value !== null && 'heldDecoder' in value;
  const fields = record(value, 'network', hasHeld ? [...needed, 'heldDecoder'] : needed);
  const widths = (key: 'decoder' | 'heldDecoder'): number[] =>
    list(fields[key], `network.${key}`, 16).map((width, i) =>
      integer(width, `network.${key}[${i}]`, 1, 65_536),
    );
  const encoder = list(fields['encoder'], 'network.encoder', 100).map(parseLayer);
  checkEncoderFits(encoder, grid);
  return {
    planes: choice(fields['planes'], 'network.planes', [1, 3, 4]),
    encoder,
    latent: integer(fields['latent'], 'network.latent', 1, 65_536),
    latentKind: choice(fields['latentKind'], 'network.latentKind', ['gaussian', 'deterministic']),
    decoder: widths('decoder'),
    ...(hasHeld && { heldDecoder: widths('heldDecoder') }),
  };
}

function parseLayer(value: unknown, index: number): EncoderLayer {
  const path = `network.encoder[${index}]`;
  const isPool = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'pool';
  if (isPool) {
    record(value, path, ['kind']);
    return { kind: 'pool' };
  }
  const fields = record(value, path, ['kind', 'size', 'channels', 'stride', 'padding']);
  return {
    kind: choice(fields['kind'], `${path}.kind`, ['conv']),
    size: integer(fields['size'], `${path}.size`, 1, 31),
    channels: integer(fields['channels'], `${path}.channels`, 1, 16_384),
    stride: choice(fields['stride'], `${path}.stride`, [1, 2]),
    padding: choice(fields['padding'], `${path}.padding`, ['same', 'valid']),
  };
}

function checkEncoderFits(encoder: readonly EncoderLayer[], grid: Grid): void {
  let side = Math.min(grid.height, grid.width);
  for (const [i, layer] of encoder.entries()) {
    const before = side;
    if (layer.kind === 'pool') side = Math.floor(side / 2);
    else if (layer.padding === 'same') side = Math.ceil(side / layer.stride);
    else side = Math.floor((side - layer.size) / layer.stride) + 1;
    if (side < 1) fail(`network.encoder[${i}]`, `a layer that fits the ${before} pixels left there`, layer);
  }
}

function parseDamage(value: unknown): DamageSpec {
  const needed = ['circles', 'minRadius', 'maxRadius'];
  const given = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const optional = ['large', 'whole', 'held'].filter((key) => given.includes(key));
  const fields = record(value, 'damage', [...needed, ...optional]);
  const probability = (key: 'large' | 'whole'): { [K in typeof key]?: number } =>
    optional.includes(key) ? { [key]: number(fields[key], `damage.${key}`, 0, 1) } : {};
  const minRadius = number(fields['minRadius'], 'damage.minRadius', 0, 1);
  return {
    circles: integer(fields['circles'], 'damage.circles', 1, 1000),
    minRadius,
    maxRadius: number(fields['maxRadius'], 'damage.maxRadius', minRadius, 1),
    ...probability('large'),
    ...probability('whole'),
    ...(optional.includes('held') && { held: parseHeld(fields['held']) }),
  };
}

function parseHeld(value: unknown): DamageSpec['held'] & object {
  const fields = record(value, 'damage.held', ['share', 'steps']);
  return {
    share: number(fields['share'], 'damage.held.share', 0, 1),
    steps: integer(fields['steps'], 'damage.held.steps', 1, 100_000),
  };
}

function record(value: unknown, path: string, keys: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(path, 'an object', value);
  const fields = new Map(Object.entries(value));
  const unknown = [...fields.keys()].find((key) => !keys.includes(key));
  if (unknown !== undefined) fail(path, `only the fields ${keys.join(', ')}`, unknown);
  const missing = keys.find((key) => !fields.has(key));
  if (missing !== undefined) fail(path, `a field ${missing}`, undefined);
  return Object.fromEntries(fields);
}

function list(value: unknown, path: string, longest: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > longest)
    fail(path, `a list of at most ${longest} items`, value);
  return value;
}

function number(value: unknown, path: string, min: number, max: number): number {
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    fail(path, `a number from ${min} to ${max}`, value);
  }
  return value;
}

function integer(value: unknown, path: string, min: number, max: number): number {
  if (!Number.isInteger(value)) fail(path, `an integer from ${min} to ${max}`, value);
  return number(value, path, min, max);
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string' || value.length > 200) fail(path, 'a text of at most 200 characters', value);
  return value;
}

function choice<T extends string | number>(value: unknown, path: string, choices: readonly T[]): T {
  const found = choices.find((candidate) => candidate === value);
  return found === undefined ? fail(path, choices.join(' or '), value) : found;
}

function fail(path: string, expected: string, value: unknown): never {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value);
  const short = shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
  throw new AppError('bad-spec', `${path}: expected ${expected}, found ${short}; correct the model's spec.`);
}
