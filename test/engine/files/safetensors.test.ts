import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#domain/errors.ts';
import { parseSafetensors, type Dtype, type FileTensor } from '#engine/files/safetensors.ts';
import { safetensorsChunks, writeSafetensors } from '#engine/files/safetensors-write.ts';

const name = 'model.safetensors';
const noDefaults = { noNaN: true, noDefaultInfinity: true };

/** Values that survive the dtype, by dtype. */
const values: Record<Dtype, (length: number) => fc.Arbitrary<FileTensor['data']>> = {
  F64: (n) => fc.float64Array({ minLength: n, maxLength: n, ...noDefaults }),
  F32: (n) => fc.float32Array({ minLength: n, maxLength: n, ...noDefaults }),
  F16: (n) =>
    fc
      .uint16Array({ minLength: n, maxLength: n })
      .map((bits) =>
        Float32Array.from(new Float16Array(bits.map((b) => ((b & 0x7c00) === 0x7c00 ? 0 : b)).buffer)),
      ),
  BF16: (n) =>
    fc
      .uint16Array({ minLength: n, maxLength: n })
      .map(
        (bits) =>
          new Float32Array(Uint32Array.from(bits, (b) => ((b & 0x7f80) === 0x7f80 ? 0 : b << 16)).buffer),
      ),
  I64: (n) => fc.bigInt64Array({ minLength: n, maxLength: n }),
  U64: (n) => fc.bigUint64Array({ minLength: n, maxLength: n }),
  I32: (n) => fc.int32Array({ minLength: n, maxLength: n }),
  U32: (n) => fc.uint32Array({ minLength: n, maxLength: n }),
  I16: (n) => fc.int16Array({ minLength: n, maxLength: n }),
  U16: (n) => fc.uint16Array({ minLength: n, maxLength: n }),
  I8: (n) => fc.int8Array({ minLength: n, maxLength: n }),
  U8: (n) => fc.uint8Array({ minLength: n, maxLength: n }),
  BOOL: (n) => fc.uint8Array({ minLength: n, maxLength: n, max: 1 }),
};

const anyTensor: fc.Arbitrary<FileTensor> = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(values) as Dtype[])),
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
  })
  .chain(({ dtype, shape }) =>
    values[dtype](shape.reduce((product, length) => product * length, 1)).map((data) => ({
      dtype,
      shape,
      data,
    })),
  );

const anyName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => text.isWellFormed() && text !== '__proto__' && text !== '__metadata__');
const anyTensors = fc.array(fc.tuple(anyName, anyTensor), { maxLength: 6 }).map((list) => new Map(list));
const anyMetadata = fc
  .array(
    fc.tuple(
      anyName,
      fc.string({ unit: 'grapheme' }).map((text) => text.toWellFormed()),
    ),
    { maxLength: 4 },
  )
  .map((list) => new Map(list));

function sortedEntries<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

test('what is written is read back, whatever the dtypes, shapes, names and metadata', () => {
  fc.assert(
    fc.property(anyTensors, anyMetadata, fc.integer({ min: 0, max: 8 }), (tensors, metadata, shift) => {
      const bytes = writeSafetensors(tensors, metadata);
      assert.equal((Number(new DataView(bytes.buffer).getBigUint64(0, true)) + 8) % 8, 0);
      const placed = new Uint8Array(bytes.length + shift);
      placed.set(bytes, shift);
      const read = parseSafetensors(placed.subarray(shift), { name });
      assert.deepEqual(sortedEntries(read.metadata), sortedEntries(metadata));
      assert.deepEqual(sortedEntries(read.tensors), sortedEntries(tensors));
    }),
    { numRuns: 300 },
  );
});

test('the order of the maps does not change the bytes', () => {
  fc.assert(
    fc.property(anyTensors, anyMetadata, (tensors, metadata) => {
      const reversed = writeSafetensors(new Map([...tensors].reverse()), new Map([...metadata].reverse()));
      assert.deepEqual(writeSafetensors(tensors, metadata), reversed);
    }),
    { numRuns: 100 },
  );
});

test('chunks are views of the tensors, add up to the stated length and can be taken twice', () => {
  const data = new Float32Array(1000).fill(0.5);
  const chunks = safetensorsChunks(new Map([['w', { shape: [10, 100], data }]]), new Map());
  const first = [...chunks];
  assert.equal(
    first.reduce((sum, chunk) => sum + chunk.byteLength, 0),
    chunks.byteLength,
  );
  assert.ok(first.some((chunk) => chunk.buffer === data.buffer));
  assert.deepEqual([...chunks], first);
});

test('half precision rounds to the nearest value and refuses what it cannot hold', () => {
  const data = Float32Array.of(1 / 3, -65504, 1e-8, 65519, 2 ** -24);
  const read = (dtype: 'F16' | 'BF16') =>
    parseSafetensors(writeSafetensors(new Map([['w', { shape: [5], data, dtype }]]), new Map()), {
      name,
    }).tensors.get('w');
  assert.deepEqual([...read('F16')!.data], [0.333251953125, -65504, 0, 65504, 2 ** -24]);
  assert.deepEqual([...read('BF16')!.data], [0.333984375, -65536, 1.0011717677116394e-8, 65536, 2 ** -24]);
  for (const value of [65520, Infinity, NaN]) {
    assert.throws(
      () =>
        writeSafetensors(new Map([['w', { shape: [1], data: Float32Array.of(value) }]]), new Map(), {
          dtype: 'F16',
        }),
      (error) => error instanceof AppError && error.code === 'not-finite' && error.message.includes('"w"'),
    );
  }
});

test('aligned float32 tensors are views, also of shared memory', () => {
  const file = writeSafetensors(
    new Map([['w', { shape: [3], data: Float32Array.of(1, 2, 3) }]]),
    new Map([['a', 'ü']]),
  );
  const shared = new Uint8Array(new SharedArrayBuffer(file.byteLength));
  shared.set(file);
  const { tensors, metadata } = parseSafetensors(shared, { name });
  assert.equal(tensors.get('w')!.data.buffer, shared.buffer);
  assert.equal(metadata.get('a'), 'ü');
});

test('files of other writers are read: the rollout fixtures', () => {
  const bytes = readFileSync(new URL('../../fixtures/rollout/no-sobel-odd.safetensors', import.meta.url));
  const { tensors, metadata } = parseSafetensors(bytes, { name });
  assert.deepEqual(tensors.get('x0')!.shape, [4, 9, 9, 5]);
  assert.equal((JSON.parse(metadata.get('morphogen')!) as { steps: number }).steps, 8);
});
