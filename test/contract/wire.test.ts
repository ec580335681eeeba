import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';
import { AppError } from '#domain/errors.ts';
import { refusedWith } from './rpc-cases.ts';

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => new Uint8Array(array));
const floats = fc.float32Array({ maxLength: 20 }).map((array) => new Float32Array(array));
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined, -0, NaN, Infinity, -Infinity),
  bytes,
  floats,
);
const key = fc.oneof(fc.string(), fc.constantFrom('$', '__proto__', 'constructor', '0', '10', '2'));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .array(fc.tuple(key, tie('value')), { maxLength: 5 })
      .map((entries) => Object.fromEntries(entries.filter(([, inner]) => inner !== undefined)) as object),
  ),
}));

test('what is encoded is decoded again, wherever in memory the message lies', () => {
  fc.assert(
    fc.property(value, fc.nat(7), (sent, shift) => {
      const message = encodeMessage(sent);
      const moved = new Uint8Array(message.length + shift);
      moved.set(message, shift);
      assert.deepEqual(decodeMessage(moved.subarray(shift)), sent);
    }),
  );
});

test('the bytes of typed arrays are carried as they are', () => {
  const picture = Uint8Array.from({ length: 100_000 }, (_, index) => index);
  const message = encodeMessage({ type: 'progress', id: 1, value: { rgba: picture } });
  assert.ok(message.length < picture.length + 100);
  const decoded = decodeMessage(message) as { value: { rgba: Uint8Array } };
  assert.deepEqual(decoded.value.rgba, picture);
  assert.equal(decoded.value.rgba.buffer, message.buffer, 'a view, not a copy');
});

test('bytes of a Buffer and of shared memory arrive as a plain Uint8Array', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(7);
  const message = Buffer.from(encodeMessage([Buffer.from('abc'), shared]));
  const decoded = decodeMessage(message) as Uint8Array[];
  assert.deepEqual(decoded, [Uint8Array.of(97, 98, 99), Uint8Array.of(7, 7, 7)]);
});

test('messages over the limit are refused on both sides', () => {
  const message = encodeMessage({ text: 'x'.repeat(100) });
  assert.throws(
    () => encodeMessage({ text: 'x'.repeat(100) }, 100),
    refusedWith('bad-argument', /longer than the 100/),
  );
  assert.throws(() => decodeMessage(message, 100), refusedWith('bad-argument', /longer than the 100/));
  assert.deepEqual(decodeMessage(message, message.length), { text: 'x'.repeat(100) });
});

test('any bytes at all are a value or a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
      isRefused(message);
    }),
  );
});

test('a damaged message is a value or a refusal', () => {
  fc.assert(
    fc.property(value, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, at, flip) => {
      const message = encodeMessage(sent);
      message[at % message.length] ^= flip;
      isRefused(message);
    }),
  );
});

test('a shortened or lengthened message is refused', () => {
  fc.assert(
    fc.property(value, fc.nat(), (sent, cut) => {
      const message = encodeMessage(sent);
      assert.ok(isRefused(message.subarray(0, cut % message.length)));
      assert.ok(isRefused(Uint8Array.of(...message, 0)));
    }),
  );
});

test('hostile headers are refused with a reason', () => {
  const cases: [string, RegExp][] = [
    ['{', /no JSON/],
    ['1e999', /too large/],
    [`${'['.repeat(100)}${']'.repeat(100)}`, /too deeply/],
    ['{"$":["bytes",1]}', /ends within/],
    ['{"$":["bytes",1e300]}', /length is none/],
    ['{"$":["bytes",-4]}', /length is none/],
    ['{"$":["bytes",0.5]}', /length is none/],
    ['{"$":["floats",9007199254740991]}', /ends within/],
    ['{"$":["bytes",0,0]}', /mark is none/],
    ['{"$":["bytes",0],"other":1}', /mark is none/],
    ['{"$":["function","x"]}', /mark is none/],
    ['{"$":"bytes"}', /mark is none/],
    ['{"$":["number","12"]}', /number is none/],
    ['{"$":["object",[1]]}', /object is none/],
  ];
  for (const [json, reason] of cases) {
    const header = new TextEncoder().encode(json);
    const message = new Uint8Array(4 + header.length);
    new DataView(message.buffer).setUint32(0, header.length, true);
    message.set(header, 4);
    assert.throws(() => decodeMessage(message), refusedWith('bad-argument', reason), json);
  }
  assert.throws(() => decodeMessage(Uint8Array.of(1, 2)), refusedWith('bad-argument', /before its header/));
  assert.throws(
    () => decodeMessage(Uint8Array.of(9, 0, 0, 0, 1)),
    refusedWith('bad-argument', /before its header does/),
  );
  assert.throws(() => decodeMessage(Uint8Array.of(1, 0, 0, 0, 0xff)), refusedWith('bad-argument', /no JSON/));
});

test('a key __proto__ stays a key', () => {
  const header = new TextEncoder().encode('{"__proto__":{"isAdmin":true}}');
  const message = Uint8Array.of(header.length, 0, 0, 0, ...header);
  const decoded = decodeMessage(message) as { isAdmin?: boolean };
  assert.equal(decoded.isAdmin, undefined);
  assert.equal(Object.getPrototypeOf(decoded), Object.prototype);
});

test('what no message can carry is a bug of the sender', () => {
  const ring: { self?: unknown } = {};
  ring.self = ring;
  for (const wrong of [() => 1, 1n, Symbol('x'), new Map(), new Date(), new Float64Array(1), ring]) {
    assert.throws(() => encodeMessage({ wrong }), TypeError);
  }
});

/** Fails for anything thrown that is no refusal. */
function isRefused(message: Uint8Array): boolean {
  try {
    decodeMessage(message);
    return false;
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, 'bad-argument');
    return true;
  }
}
