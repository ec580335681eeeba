/**
 * What the tool is about to touch, drawn over the picture in two tones, so that it is seen on any colour: the brush's
 * ring, a circle being dragged, the keyboard's cell; or a map of cells, laid over the picture.
 */
import type { Overlay } from './overlay-kinds.ts';
import { toScreen, type Point, type View } from './view.ts';

export function drawOverlay(context: CanvasRenderingContext2D, view: View, overlay: Overlay): void {
  switch (overlay.kind) {
    case 'brush': {
      if (overlay.size <= 1) {
        outlineCell(context, view, { x: Math.floor(overlay.at.x), y: Math.floor(overlay.at.y) });
        return;
      }
      ring(context, toScreen(view, overlay.at), (overlay.size / 2) * view.scale);
      return;
    }
    case 'circle': {
      const centre = toScreen(view, overlay.centre);
      const edge = toScreen(view, overlay.edge);
      ring(context, centre, Math.max(1, Math.hypot(edge.x - centre.x, edge.y - centre.y)));
      ring(context, centre, 2);
      return;
    }
    case 'cell': {
      outlineCell(context, view, overlay.cell);
      const middle = toScreen(view, { x: overlay.cell.x + 0.5, y: overlay.cell.y + 0.5 });
      crossHair(context, middle, Math.max(10, view.scale));
      return;
    }
    case 'map': {
      const { x, y } = toScreen(view, { x: 0, y: 0 });
      const { width, height } = overlay.image;
      context.imageSmoothingEnabled = false;
      context.drawImage(overlay.image, x, y, width * view.scale, height * view.scale);
      return;
    }
    case 'rectangle': {
      const from = toScreen(view, overlay.from);
      const to = toScreen(view, overlay.to);
      twoTone(context, () => {
        context.rect(from.x, from.y, to.x - from.x, to.y - from.y);
      });
      return;
    }
    case 'lasso': {
      const points = overlay.points.map((point) => toScreen(view, point));
      twoTone(context, () => {
        for (const { x, y } of points) context.lineTo(x, y);
        context.closePath();
      });
      return;
    }
    default:
      overlay satisfies never;
  }
}

function ring(context: CanvasRenderingContext2D, at: Point, radius: number): void {
  twoTone(context, () => {
    context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
  });
}

function outlineCell(context: CanvasRenderingContext2D, view: View, cell: Point): void {
  const { x, y } = toScreen(view, cell);
  twoTone(context, () => {
    context.rect(x - 0.5, y - 0.5, view.scale + 1, view.scale + 1);
  });
}

/** Four ticks around a point, so that a cell of one pixel is found. */
function crossHair(context: CanvasRenderingContext2D, at: Point, inner: number): void {
  twoTone(context, () => {
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      context.moveTo(at.x + dx * inner, at.y + dy * inner);
      context.lineTo(at.x + dx * (inner + 8), at.y + dy * (inner + 8));
    }
  });
}

function twoTone(context: CanvasRenderingContext2D, trace: () => void): void {
  for (const [style, width] of [
    ['rgb(0 0 0 / 0.75)', 3],
    ['#ffffff', 1.25],
  ] as const) {
    context.beginPath();
    trace();
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}
