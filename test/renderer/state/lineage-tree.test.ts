import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Relative } from '#contract/shapes/library.ts';
import { kinKey, layOutTree, type Kin } from '../../../src-renderer/state/lineage-tree.ts';

const one = (id: string): Relative => ({ kind: 'style', id, name: id, picture: '0'.repeat(64) });

/** From pairs of parent and child. */
function family(pairs: readonly (readonly [string, string])[]): Map<string, Kin> {
  const known = new Map<string, Kin>();
  for (const id of new Set(pairs.flat())) {
    known.set(kinKey(one(id)), {
      self: one(id),
      parents: pairs.filter(([, child]) => child === id).map(([parent]) => one(parent)),
      children: pairs.filter(([parent]) => parent === id).map(([, child]) => one(child)),
    });
  }
  return known;
}

test('parents are above, children below, and lines lead from the one to the other', () => {
  const known = family([
    ['ant', 'kid'],
    ['bee', 'kid'],
    ['kid', 'grandkid'],
    ['ant', 'grandkid'],
  ]);
  const tree = layOutTree(known, one('kid'), 8);
  const rows = tree.nodes.map(({ item, generation, place }) => [item.id, generation, place]);
  assert.deepEqual(rows, [
    ['ant', -1, 0],
    ['bee', -1, 1],
    ['kid', 0, 0],
    ['grandkid', 1, 0],
  ]);
  const lines = tree.lines.map(([from, to]) => `${tree.nodes[from].item.id} ${tree.nodes[to].item.id}`);
  assert.deepEqual(lines.sort(), ['ant grandkid', 'ant kid', 'bee kid', 'kid grandkid']);
  assert.deepEqual([tree.firstGeneration, tree.generations, tree.widest], [-1, 3, 2]);
});

test('a full row tells how many it left out', () => {
  const known = family(['a', 'b', 'c', 'd', 'e'].map((child) => ['x', child] as const));
  const tree = layOutTree(known, one('x'), 3);
  assert.equal(tree.nodes.length, 4);
  assert.equal(tree.leftOut, 2);
});

test('nobody is known, or nobody is kin', () => {
  assert.deepEqual(layOutTree(new Map(), one('x'), 3).nodes, []);
  const alone = new Map([[kinKey(one('x')), { self: one('x'), parents: [], children: [] }]]);
  assert.equal(layOutTree(alone, one('x'), 3).nodes.length, 1);
});

test('nobody appears twice, however the family is knit, and every line joins two who appear', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  fc.assert(
    fc.property(fc.array(fc.tuple(id, id), { minLength: 1, maxLength: 20 }), (pairs) => {
      const tree = layOutTree(family(pairs), one(pairs[0][0]), 4);
      const ids = tree.nodes.map(({ item }) => item.id);
      assert.equal(new Set(ids).size, ids.length);
      for (const [from, to] of tree.lines)
        assert.ok(tree.nodes[from] !== undefined && tree.nodes[to] !== undefined);
      assert.ok(tree.widest <= 4);
    }),
  );
});
