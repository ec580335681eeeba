import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#domain/errors.ts';
import { parseSafetensors } from '#engine/files/safetensors.ts';
import { writeSafetensors } from '#engine/files/safetensors-write.ts';

const name = 'strange.safetensors';

/** A file from a header's text (or a stated header length) and its data. */
function file(header: string, data: Uint8Array | number = 0, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const rest = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + rest.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(rest, 8 + text.length);
  return bytes;
}

/** The one line of a header for float32 tensors. */
function entry(
  tensor: string,
  shape: readonly (number | string)[],
  begin: number | string,
  end: number | string,
): string {
  return `${JSON.stringify(tensor)}:{"dtype":"F32","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`;
}

function refused(bytes: Uint8Array, reason: RegExp): void {
  assert.throws(
    () => parseSafetensors(bytes, { name }),
    (error) => {
      assert.ok(error instanceof AppError, String(error));
      assert.equal(error.code, 'bad-file');
      assert.match(error.message, /^strange\.safetensors is /);
      assert.match(error.message, reason);
      return true;
    },
  );
}

test('a sound file made by hand is read', () => {
  const sound = file(`{${entry('a', [2], 0, 8)},${entry('b', [], 8, 12)}}  \n`, 12);
  assert.deepEqual([...parseSafetensors(sound, { name }).tensors.keys()], ['a', 'b']);
  assert.equal(parseSafetensors(file('{}'), { name }).tensors.size, 0);
});

test('row 50: a header longer than the file, over 100 MB or near 2^64 is refused before anything is allocated', () => {
  refused(file('{}', 0, 3n), /header would be 3 bytes, but the file has 10 bytes/);
  refused(file('{}', 0, 100_000_001n), /over the limit of 100 MB/);
  refused(file('{}', 0, 2n ** 64n - 1n), /over the limit of 100 MB/);
  refused(file('{}', 0, 2n ** 63n), /over the limit of 100 MB/);
  refused(file('', 0), /header would be 0 bytes/);
  refused(new Uint8Array(0), /empty/);
  refused(new Uint8Array(7), /7 bytes/);
  refused(file('[]'), /does not begin with/);
  refused(file('{'.repeat(40)), /not a string/);
  refused(file('{} {}'), /goes on after its last bracket/);
  refused(file('{"a"'), /not JSON/);
  refused(file('{"a'), /without an end/);
  refused(file('{"a\\'), /without an end/);
  refused(new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff]), /UTF-8/);
});

test('row 50: a long header costs time in proportion, not a stack', () => {
  refused(file(`{${' '.repeat(3_000_000)}`), /not a string/);
  refused(file(`{"${'a'.repeat(3_000_000)}":1}`), /not JSON/);
  refused(file(`{"__metadata__":{"a":"${'\\n'.repeat(1_000_000)}"},}`), /not a string/);
  refused(
    file(
      `{${entry(
        'a',
        Array.from({ length: 100_000 }, () => 1),
        0,
        4,
      )}}`,
      4,
    ),
    /more than 32 numbers/,
  );
  assert.throws(
    () =>
      parseSafetensors(file(`{${entry('a', [1], 0, 4)},${entry('b', [1], 4, 8)}}`, 8), {
        name,
        maxTensors: 1,
      }),
    /more than 1 tensors/,
  );
});

test('row 51: overlapping, scattered, reversed and negative offsets and trailing bytes are refused', () => {
  refused(file(`{${entry('a', [2], 0, 8)},${entry('b', [2], 4, 12)}}`, 12), /"b" overlaps/);
  refused(file(`{${entry('a', [2], 0, 8)},${entry('b', [2], 0, 8)}}`, 8), /"b" overlaps/);
  refused(
    file(`{${entry('a', [1], 0, 4)},${entry('b', [1], 8, 12)}}`, 12),
    /hole of 4 bytes before the tensor "b"/,
  );
  refused(file(`{${entry('a', [1], 4, 8)}}`, 8), /hole of 4 bytes/);
  refused(file(`{${entry('a', [1], 4, 0)}}`, 4), /ends before it begins/);
  refused(file(`{${entry('a', [1], -4, 0)}}`, 4), /whole numbers/);
  refused(file(`{${entry('a', [-1], 0, 4)}}`, 4), /whole numbers/);
  refused(file(`{${entry('a', [1], 0, 4)}}`, 5), /1 bytes follow its last tensor/);
  refused(file('{}', 4), /4 bytes follow/);
  refused(file(`{${entry('a', [2], 0, 8)}}`, 4), /ends at byte 8, but there are only 4/);
  refused(file(`{${entry('a', [1], 0, '4.0')}}`, 4), /whole numbers/);
  refused(file(`{${entry('a', [1], 0, '4e0')}}`, 4), /whole numbers/);
  refused(file(`{${entry('a', [1], 0, '04')}}`, 4), /not JSON|whole numbers/);
  refused(file(`{${entry('a', [1], '0,2', 4)}}`, 4), /more than 2 numbers/);
});

test('row 52: a tensor without values is refused, wherever it lies', () => {
  refused(file(`{${entry('a', [1], 0, 4)},${entry('none', [0], 0, 0)}}`, 4), /"none" has no values/);
  refused(file(`{${entry('a', [1], 0, 4)},${entry('none', [3, 0], 4, 4)}}`, 4), /"none" has no values/);
  assert.throws(
    () => writeSafetensors(new Map([['none', { shape: [0], data: new Float32Array(0) }]]), new Map()),
    RangeError,
  );
});

test('row 53: unknown dtypes, wrong sizes and shapes too large to count are refused', () => {
  for (const dtype of ['F8_E5M2', 'f32', 'toString', 'Q4_K']) {
    refused(file(`{"a":{"dtype":"${dtype}","shape":[1],"data_offsets":[0,4]}}`, 4), /unknown dtype/);
  }
  refused(file(`{${entry('a', [2 ** 32, 2 ** 32], 0, 4)}}`, 4), /more values than can be counted/);
  refused(file(`{${entry('a', [2 ** 52, 2 ** 12, 1], 0, 0)}}`), /more values than can be counted/);
  refused(file(`{${entry('a', ['18446744073709551616'], 0, 4)}}`, 4), /whole numbers from 0 to 2\^53/);
  refused(file(`{${entry('a', ['9007199254740993'], 0, 4)}}`, 4), /whole numbers from 0 to 2\^53/);
  refused(file(`{${entry('a', [3], 0, 8)}}`, 8), /needs 12 bytes for its shape \[3\] of F32, but has 8/);
  refused(
    file('{"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}', Uint8Array.of(2)),
    /neither 0 nor 1/,
  );
});

test('row 54: names twice, "__proto__", metadata that are not strings and unknown fields are refused', () => {
  refused(file(`{${entry('a', [1], 0, 4)},${entry('a', [1], 4, 8)}}`, 8), /the tensor "a" twice/);
  refused(file(`{${entry('a', [1], 0, 4)},"\\u0061":{}}`, 4), /the tensor "a" twice/);
  refused(file(`{${entry('__proto__', [1], 0, 4)}}`, 4), /forbidden name "__proto__"/);
  refused(file('{"__metadata__":{"__proto__":"x"}}'), /forbidden name "__proto__"/);
  refused(file('{"__metadata__":{"a":"x","a":"y"}}'), /metadata key "a" twice/);
  refused(file('{"__metadata__":{},"__metadata__":{}}'), /"__metadata__" twice/);
  for (const value of ['1', 'null', '{}', '["x"]', 'true']) {
    refused(file(`{"__metadata__":{"a":${value}}}`), /metadata "a" is not a string/);
  }
  refused(file('{"__metadata__":{"a":"\\ud800"}}'), /not a valid string/);
  refused(
    file('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
    /the field "dtype" twice/,
  );
  refused(file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}', 4), /"x"/);
  refused(file('{"a":{"dtype":"F32","shape":[1]}}', 4), /lacks/);
  assert.equal(parseSafetensors(file(`{${entry('constructor', [1], 0, 4)}}`, 4), { name }).tensors.size, 1);
});

test('row 55: NaN and infinite values are refused with the name of their tensor', () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    const bytes = file(`{${entry('w', [3], 0, 12)}}`, new Uint8Array(Float32Array.of(1, value, 2).buffer));
    refused(bytes, /value 1 of the tensor "w" is (NaN|-?Infinity), not a finite number/);
    assert.equal(parseSafetensors(bytes, { name, allowNotFinite: true }).tensors.size, 1);
  }
  const half = file('{"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}', Uint8Array.of(0x00, 0x7c));
  refused(half, /"h" is Infinity/);
  const brain = file('{"h":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}', Uint8Array.of(0xc0, 0x7f));
  refused(brain, /"h" is NaN/);
});

test('row 59: pickles, zip archives and scripts are refused as what they are', () => {
  const padded = (...start: number[]): Uint8Array =>
    Uint8Array.from([...start, ...new Array<number>(64).fill(0x2e)]);
  refused(padded(0x50, 0x4b, 0x03, 0x04), /zip archive \(PyTorch/);
  refused(padded(0x80, 0x02, 0x8a, 0x0a), /Python pickle/);
  refused(padded(0x80, 0x04, 0x95), /Python pickle/);
  refused(padded(0x28, 0x64, 0x70, 0x30), /Python pickle/);
  refused(new TextEncoder().encode('ccopy_reg\n_reconstructor\n'), /Python pickle/);
  refused(padded(0x89, 0x48, 0x44, 0x46), /HDF5/);
  refused(new TextEncoder().encode('#!/bin/sh\nrm -rf ~\n'), /script/);
  refused(padded(0x80, 0x02), /cannot run code: save it as \.safetensors first/);
});

test('rows 50 to 55: random damage to a file parses or is a bad-file error, and nothing large is allocated', () => {
  const sound = writeSafetensors(
    new Map([
      ['half', { shape: [3], data: Float32Array.of(0.5, 1, 2), dtype: 'F16' as const }],
      ['on', { shape: [2], data: Uint8Array.of(0, 1), dtype: 'BOOL' as const }],
      ['w', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ]),
    new Map([['morphogen', '{"kind":"model"}']]),
  );
  const damage = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at: fc.nat(sound.length - 1), bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('byte' as const), at: fc.nat(sound.length - 1), value: fc.nat(255) }),
    fc.record({
      kind: fc.constant('digit' as const),
      at: fc.nat(sound.length - 1),
      value: fc.integer({ min: 48, max: 57 }),
    }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat(sound.length) }),
    fc.record({ kind: fc.constant('insert' as const), at: fc.nat(sound.length), value: fc.nat(255) }),
  );
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
      let bytes: Uint8Array = Uint8Array.from(sound);
      for (const one of damages) {
        const at = Math.min(one.at, bytes.length - 1);
        if (one.kind === 'cut') bytes = bytes.slice(0, at + 1);
        else if (one.kind === 'insert')
          bytes = Uint8Array.of(...bytes.slice(0, at), one.value, ...bytes.slice(at));
        else if (one.kind === 'flip') bytes[at] ^= 1 << one.bit;
        else bytes[at] = one.value;
      }
      try {
        const { tensors } = parseSafetensors(bytes, { name });
        const held = [...tensors.values()].reduce((sum, tensor) => sum + tensor.data.byteLength, 0);
        assert.ok(held <= 2 * bytes.length);
      } catch (error) {
        assert.ok(error instanceof AppError && error.code === 'bad-file', String(error));
      }
    }),
    { numRuns: 5000 },
  );
});
