// Perception of one cell and its adjoint. The state lies in a grid with a zero halo of the largest radius, so that the
// gradients need no bound checks; the maximum clamps its neighbours to the grid instead, which is the same as −∞ outside.
//
// The weights of a gradient, i/(i²+j²), do not depend on the filter's size, and the filters are antisymmetric. So the
// offsets go ring by ring, in groups of four: the sums of a smaller filter are a prefix of the larger one's, and the two
// differences of a group serve both directions. The table that the host writes, for each size in ascending order:
//   crosses, quads (i32), norm (f32), byte offset of the size's horizontal features in a row of features (i32),
//   then a group of 6 words each: four byte offsets a b c d (i32), two weights (f32).
//   cross: a = (+i, 0), d = (−i, 0), b = (0, +i), c = (0, −i);  horizontal += w(a − d), vertical += w(b − c)
//   quad:  a = (+i,+j), b = (+i,−j), c = (−i,+j), d = (−i,−j);  horizontal += wi((a−d)+(b−c)), vertical += wj((a−d)−(b−c))

import { madd } from './simd';

/** Bytes of a channel group's features, C·4. Features lie C apart: identity, maximum, then the gradients. */
// @ts-ignore: decorator
@inline
function gradients(cell: usize, out: usize, channelBytes: usize, table: usize, sizes: i32): void {
  let h = f32x4.splat(0);
  let v = f32x4.splat(0);
  for (let s = 0; s < sizes; s++) {
    const crossEnd = table + 16 + <usize>load<i32>(table) * 24;
    const quadEnd = crossEnd + <usize>load<i32>(table, 4) * 24;
    const norm = v128.load_splat<f32>(table, 8);
    const target = out + <usize>load<i32>(table, 12);
    table += 16;
    for (; table < crossEnd; table += 24) {
      const w = v128.load_splat<f32>(table, 16);
      h = madd(w, f32x4.sub(v128.load(cell + load<i32>(table)), v128.load(cell + load<i32>(table, 12))), h);
      v = madd(w, f32x4.sub(v128.load(cell + load<i32>(table, 4)), v128.load(cell + load<i32>(table, 8))), v);
    }
    for (; table < quadEnd; table += 24) {
      const s = f32x4.sub(v128.load(cell + load<i32>(table)), v128.load(cell + load<i32>(table, 12)));
      const t = f32x4.sub(v128.load(cell + load<i32>(table, 4)), v128.load(cell + load<i32>(table, 8)));
      h = madd(v128.load_splat<f32>(table, 16), f32x4.add(s, t), h);
      v = madd(v128.load_splat<f32>(table, 20), f32x4.sub(s, t), v);
    }
    v128.store(target, f32x4.mul(h, norm));
    v128.store(target + channelBytes, f32x4.mul(v, norm));
  }
}

/** The same for eight channels at once, which shares the walk over the table. */
// @ts-ignore: decorator
@inline
function gradientsPair(cell: usize, out: usize, channelBytes: usize, table: usize, sizes: i32): void {
  let h0 = f32x4.splat(0);
  let v0 = f32x4.splat(0);
  let h1 = f32x4.splat(0);
  let v1 = f32x4.splat(0);
  for (let size = 0; size < sizes; size++) {
    const crossEnd = table + 16 + <usize>load<i32>(table) * 24;
    const quadEnd = crossEnd + <usize>load<i32>(table, 4) * 24;
    const norm = v128.load_splat<f32>(table, 8);
    const target = out + <usize>load<i32>(table, 12);
    table += 16;
    for (; table < crossEnd; table += 24) {
      const a = cell + load<i32>(table);
      const b = cell + load<i32>(table, 4);
      const c = cell + load<i32>(table, 8);
      const d = cell + load<i32>(table, 12);
      const w = v128.load_splat<f32>(table, 16);
      h0 = madd(w, f32x4.sub(v128.load(a), v128.load(d)), h0);
      v0 = madd(w, f32x4.sub(v128.load(b), v128.load(c)), v0);
      h1 = madd(w, f32x4.sub(v128.load(a, 16), v128.load(d, 16)), h1);
      v1 = madd(w, f32x4.sub(v128.load(b, 16), v128.load(c, 16)), v1);
    }
    for (; table < quadEnd; table += 24) {
      const a = cell + load<i32>(table);
      const b = cell + load<i32>(table, 4);
      const c = cell + load<i32>(table, 8);
      const d = cell + load<i32>(table, 12);
      const wi = v128.load_splat<f32>(table, 16);
      const wj = v128.load_splat<f32>(table, 20);
      let s = f32x4.sub(v128.load(a), v128.load(d));
      let t = f32x4.sub(v128.load(b), v128.load(c));
      h0 = madd(wi, f32x4.add(s, t), h0);
      v0 = madd(wj, f32x4.sub(s, t), v0);
      s = f32x4.sub(v128.load(a, 16), v128.load(d, 16));
      t = f32x4.sub(v128.load(b, 16), v128.load(c, 16));
      h1 = madd(wi, f32x4.add(s, t), h1);
      v1 = madd(wj, f32x4.sub(s, t), v1);
    }
    v128.store(target, f32x4.mul(h0, norm));
    v128.store(target, f32x4.mul(h1, norm), 16);
    v128.store(target + channelBytes, f32x4.mul(v0, norm));
    v128.store(target + channelBytes, f32x4.mul(v1, norm), 16);
  }
}

// @ts-ignore: decorator
@inline
function pickLarger(cell: usize, neighbour: i32, best: v128, index: v128): v128 {
  const larger = f32x4.gt(v128.load(cell), best);
  return v128.bitselect(i32x4.splat(neighbour), index, larger);
}

/**
 * Features of one cell. `up`, `down`, `left`, `right` are byte offsets of the neighbours, 0 at the grid's edge.
 * `argmax`: null, or where to write a byte a channel, the place of the maximum: 4·(dy+1) + (dx+1).
 */
export function perceive(
  cell: usize, out: usize, argmax: usize, channels: i32, up: i32, down: i32, left: i32, right: i32,
  table: usize, sizes: i32,
): void {
  const channelBytes = <usize>channels << 2;
  const nw = up + left, ne = up + right, sw = down + left, se = down + right;
  for (let offset: usize = 0; offset < channelBytes; offset += 16) {
    const x = cell + offset;
    const to = out + offset;
    const centre = v128.load(x);
    v128.store(to, centre);
    let m = centre;
    if (argmax) {
      let at = i32x4.splat(5);
      at = pickLarger(x + nw, 0, m, at); m = f32x4.pmax(m, v128.load(x + nw));
      at = pickLarger(x + up, 1, m, at); m = f32x4.pmax(m, v128.load(x + up));
      at = pickLarger(x + ne, 2, m, at); m = f32x4.pmax(m, v128.load(x + ne));
      at = pickLarger(x + left, 4, m, at); m = f32x4.pmax(m, v128.load(x + left));
      at = pickLarger(x + right, 6, m, at); m = f32x4.pmax(m, v128.load(x + right));
      at = pickLarger(x + sw, 8, m, at); m = f32x4.pmax(m, v128.load(x + sw));
      at = pickLarger(x + down, 9, m, at); m = f32x4.pmax(m, v128.load(x + down));
      at = pickLarger(x + se, 10, m, at); m = f32x4.pmax(m, v128.load(x + se));
      const narrow = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(at, at), at);
      v128.store32_lane(argmax + (offset >> 2), narrow, 0);
    } else {
      m = f32x4.pmax(m, v128.load(x + nw));
      m = f32x4.pmax(m, v128.load(x + up));
      m = f32x4.pmax(m, v128.load(x + ne));
      m = f32x4.pmax(m, v128.load(x + left));
      m = f32x4.pmax(m, v128.load(x + right));
      m = f32x4.pmax(m, v128.load(x + sw));
      m = f32x4.pmax(m, v128.load(x + down));
      m = f32x4.pmax(m, v128.load(x + se));
    }
    v128.store(to + channelBytes, m);
  }
  let offset: usize = 0;
  for (; offset + 32 <= channelBytes; offset += 32) gradientsPair(cell + offset, out + offset, channelBytes, table, sizes);
  if (offset < channelBytes) gradients(cell + offset, out + offset, channelBytes, table, sizes);
}

// @ts-ignore: decorator
@inline
function addTo(at: usize, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), value));
}

// @ts-ignore: decorator
@inline
function subtractFrom(at: usize, value: v128): void {
  v128.store(at, f32x4.sub(v128.load(at), value));
}

// @ts-ignore: decorator
@inline
function gradientsAdjoint(cell: usize, from: usize, channelBytes: usize, table: usize, sizes: i32): void {
  // The largest filter covers every ring, so start with the sum over all sizes and drop each size once its rings are done.
  let h = f32x4.splat(0);
  let v = f32x4.splat(0);
  let walk = table;
  for (let size = 0; size < sizes; size++) {
    const norm = v128.load_splat<f32>(walk, 8);
    const source = from + <usize>load<i32>(walk, 12);
    h = madd(norm, v128.load(source), h);
    v = madd(norm, v128.load(source + channelBytes), v);
    walk += 16 + <usize>(load<i32>(walk) + load<i32>(walk, 4)) * 24;
  }
  for (let size = 0; size < sizes; size++) {
    const crossEnd = table + 16 + <usize>load<i32>(table) * 24;
    const quadEnd = crossEnd + <usize>load<i32>(table, 4) * 24;
    const norm = v128.load_splat<f32>(table, 8);
    const source = from + <usize>load<i32>(table, 12);
    table += 16;
    for (; table < crossEnd; table += 24) {
      const w = v128.load_splat<f32>(table, 16);
      const p = f32x4.mul(w, h);
      const q = f32x4.mul(w, v);
      addTo(cell + load<i32>(table), p);
      subtractFrom(cell + load<i32>(table, 12), p);
      addTo(cell + load<i32>(table, 4), q);
      subtractFrom(cell + load<i32>(table, 8), q);
    }
    for (; table < quadEnd; table += 24) {
      const p = f32x4.mul(v128.load_splat<f32>(table, 16), h);
      const q = f32x4.mul(v128.load_splat<f32>(table, 20), v);
      const sum = f32x4.add(p, q);
      const difference = f32x4.sub(p, q);
      addTo(cell + load<i32>(table), sum);
      addTo(cell + load<i32>(table, 4), difference);
      subtractFrom(cell + load<i32>(table, 8), difference);
      subtractFrom(cell + load<i32>(table, 12), sum);
    }
    h = f32x4.sub(h, f32x4.mul(norm, v128.load(source)));
    v = f32x4.sub(v, f32x4.mul(norm, v128.load(source + channelBytes)));
  }
}

/** The same for eight channels at once. */
// @ts-ignore: decorator
@inline
function gradientsAdjointPair(cell: usize, from: usize, channelBytes: usize, table: usize, sizes: i32): void {
  let h0 = f32x4.splat(0);
  let v0 = f32x4.splat(0);
  let h1 = f32x4.splat(0);
  let v1 = f32x4.splat(0);
  let walk = table;
  for (let size = 0; size < sizes; size++) {
    const norm = v128.load_splat<f32>(walk, 8);
    const source = from + <usize>load<i32>(walk, 12);
    h0 = madd(norm, v128.load(source), h0);
    h1 = madd(norm, v128.load(source, 16), h1);
    v0 = madd(norm, v128.load(source + channelBytes), v0);
    v1 = madd(norm, v128.load(source + channelBytes, 16), v1);
    walk += 16 + <usize>(load<i32>(walk) + load<i32>(walk, 4)) * 24;
  }
  for (let size = 0; size < sizes; size++) {
    const crossEnd = table + 16 + <usize>load<i32>(table) * 24;
    const quadEnd = crossEnd + <usize>load<i32>(table, 4) * 24;
    const norm = v128.load_splat<f32>(table, 8);
    const source = from + <usize>load<i32>(table, 12);
    table += 16;
    for (; table < crossEnd; table += 24) {
      const w = v128.load_splat<f32>(table, 16);
      const a = cell + load<i32>(table);
      const b = cell + load<i32>(table, 4);
      const c = cell + load<i32>(table, 8);
      const d = cell + load<i32>(table, 12);
      let p = f32x4.mul(w, h0);
      let q = f32x4.mul(w, v0);
      v128.store(a, f32x4.add(v128.load(a), p));
      v128.store(d, f32x4.sub(v128.load(d), p));
      v128.store(b, f32x4.add(v128.load(b), q));
      v128.store(c, f32x4.sub(v128.load(c), q));
      p = f32x4.mul(w, h1);
      q = f32x4.mul(w, v1);
      v128.store(a, f32x4.add(v128.load(a, 16), p), 16);
      v128.store(d, f32x4.sub(v128.load(d, 16), p), 16);
      v128.store(b, f32x4.add(v128.load(b, 16), q), 16);
      v128.store(c, f32x4.sub(v128.load(c, 16), q), 16);
    }
    for (; table < quadEnd; table += 24) {
      const wi = v128.load_splat<f32>(table, 16);
      const wj = v128.load_splat<f32>(table, 20);
      const a = cell + load<i32>(table);
      const b = cell + load<i32>(table, 4);
      const c = cell + load<i32>(table, 8);
      const d = cell + load<i32>(table, 12);
      let p = f32x4.mul(wi, h0);
      let q = f32x4.mul(wj, v0);
      let sum = f32x4.add(p, q);
      let difference = f32x4.sub(p, q);
      v128.store(a, f32x4.add(v128.load(a), sum));
      v128.store(b, f32x4.add(v128.load(b), difference));
      v128.store(c, f32x4.sub(v128.load(c), difference));
      v128.store(d, f32x4.sub(v128.load(d), sum));
      p = f32x4.mul(wi, h1);
      q = f32x4.mul(wj, v1);
      sum = f32x4.add(p, q);
      difference = f32x4.sub(p, q);
      v128.store(a, f32x4.add(v128.load(a, 16), sum), 16);
      v128.store(b, f32x4.add(v128.load(b, 16), difference), 16);
      v128.store(c, f32x4.sub(v128.load(c, 16), difference), 16);
      v128.store(d, f32x4.sub(v128.load(d, 16), sum), 16);
    }
    h0 = f32x4.sub(h0, f32x4.mul(norm, v128.load(source)));
    h1 = f32x4.sub(h1, f32x4.mul(norm, v128.load(source, 16)));
    v0 = f32x4.sub(v0, f32x4.mul(norm, v128.load(source + channelBytes)));
    v1 = f32x4.sub(v1, f32x4.mul(norm, v128.load(source + channelBytes, 16)));
  }
}

/** Adds the adjoint of `perceive` of one cell to the gradient of the state around it. */
export function perceiveAdjoint(
  cell: usize, from: usize, argmax: usize, channels: i32, up: i32, down: i32, left: i32, right: i32,
  table: usize, sizes: i32,
): void {
  const channelBytes = <usize>channels << 2;
  for (let offset: usize = 0; offset < channelBytes; offset += 16) addTo(cell + offset, v128.load(from + offset));
  let offset: usize = 0;
  for (; offset + 32 <= channelBytes; offset += 32) gradientsAdjointPair(cell + offset, from + offset, channelBytes, table, sizes);
  if (offset < channelBytes) gradientsAdjoint(cell + offset, from + offset, channelBytes, table, sizes);
  const maxima = from + channelBytes;
  for (let c = 0; c < channels; c++) {
    const place = <i32>load<u8>(argmax + c);
    const row = place >> 2;
    const column = place & 3;
    const at = cell + (row == 0 ? up : row == 2 ? down : 0) + (column == 0 ? left : column == 2 ? right : 0) + (c << 2);
    store<f32>(at, load<f32>(at) + load<f32>(maxima + (c << 2)));
  }
}
