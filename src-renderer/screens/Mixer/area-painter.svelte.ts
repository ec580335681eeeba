/** The tools for areas on the canvas: what is painted shows at once in the styles' colours, above what grows. */
import type { AreaMap } from '../../canvas/area-map.ts';
import { mapPixels } from '../../canvas/area-map.ts';
import type { Overlay } from '../../canvas/overlay-kinds.ts';
import { colourOf, onThemeChange } from '../../canvas/theme-changes.ts';
import { mixer } from '../../state/mixer.svelte.ts';
import { tools, type CanvasPainter } from '../Grow/tools.svelte.ts';

type Colour = readonly [red: number, green: number, blue: number];

/** Of 255: the picture stays visible below. */
const opacity = 95;

export interface AreaPainter extends CanvasPainter {
  /** To be called in an effect; the result ends it. */
  watch(): () => void;
}

export function createAreaPainter(): AreaPainter {
  let colours: readonly Colour[] = $state.raw([]);
  const image = $derived(drawn(mixer.settings.map, colours));
  const overlays: readonly Overlay[] = $derived(image === null ? [] : [{ kind: 'map', image }]);
  const readColours = (): void => {
    colours = [1, 2, 3, 4].map((slot) => rgbOf(colourOf(document.body, `--style-${slot}`)));
  };
  return {
    get overlays() {
      return overlays;
    },
    get isShown() {
      return mixer.isMapShown;
    },
    watch() {
      readColours();
      return onThemeChange(readColours);
    },
    start(at) {
      if (tools.tool === 'fill') mixer.fill(at);
      else mixer.beginPainting(at, tools.brushSize);
    },
    drag(points) {
      if (tools.tool === 'area') mixer.paintOn(points, tools.brushSize);
    },
    end: () => mixer.endPainting(),
    cancel: () => mixer.cancelPainting(),
  };
}

/** One pixel a cell. */
function drawn(map: AreaMap, colours: readonly Colour[]): HTMLCanvasElement | null {
  if (colours.length === 0) return null;
  const canvas = document.createElement('canvas');
  canvas.width = map.width;
  canvas.height = map.height;
  canvas
    .getContext('2d')
    ?.putImageData(new ImageData(mapPixels(map, colours, opacity), map.width, map.height), 0, 0);
  return canvas;
}

/** Of `rgb(1, 2, 3)`, or whatever a browser makes of a colour: drawn, and looked at. */
function rgbOf(colour: string): Colour {
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  if (context === null) return [128, 128, 128];
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
