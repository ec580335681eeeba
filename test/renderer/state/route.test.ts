import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRoute, routeHash, type Route } from '../../../src-renderer/state/route.ts';

const id = fc.stringMatching(/^[0-9a-zA-Z_-]{1,64}$/);
// `artwork` in the place of a style's id means an artwork; ids of the library are longer.
const styleId = id.filter((text) => text !== 'artwork');
const route: fc.Arbitrary<Route> = fc.oneof(
  fc.record({
    screen: fc.constant('gallery' as const),
    tab: fc.constantFrom('items' as const, 'models' as const),
  }),
  fc.record({
    screen: fc.constant('grow' as const),
    styleIds: fc.array(styleId, { maxLength: 4 }),
    artworkId: fc.constant(null),
  }),
  fc.record({ screen: fc.constant('grow' as const), styleIds: fc.constant([]), artworkId: id }),
  fc.record({ screen: fc.constant('mixer' as const), styleIds: fc.array(id, { maxLength: 4 }) }),
  fc.record({ screen: fc.constant('repair' as const) }),
  fc.record({ screen: fc.constant('train' as const), jobId: fc.option(id) }),
  fc.record({ screen: fc.constant('settings' as const) }),
);

test('every route is read as it was written', () => {
  fc.assert(fc.property(route, (wanted) => assert.deepEqual(parseRoute(routeHash(wanted)), { ...wanted })));
});

test('an address that means nothing is the gallery', () => {
  for (const hash of ['', '#', '#/', '#/nowhere/at/all', '#gallery/x'])
    assert.deepEqual(parseRoute(hash), { screen: 'gallery', tab: 'items' });
});
