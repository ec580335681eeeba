/** What can lie over a picture while a tool is used (overlay.ts draws it). */
import type { Point } from './view.ts';

export type Overlay =
  /** `size` in cells across; `at` a point of the picture. */
  | { readonly kind: 'brush'; readonly at: Point; readonly size: number }
  | { readonly kind: 'circle'; readonly centre: Point; readonly edge: Point }
  | { readonly kind: 'cell'; readonly cell: Point }
  /** One pixel a cell; as transparent as it is. */
  | { readonly kind: 'map'; readonly image: HTMLCanvasElement }
  /** Between two corners. */
  | { readonly kind: 'rectangle'; readonly from: Point; readonly to: Point }
  /** Drawn so far; it will be closed. */
  | { readonly kind: 'lasso'; readonly points: readonly Point[] };
