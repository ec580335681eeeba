/** What the window's benchmark counts in the page, as scripts for it. */

/** In the page: intervals between frames for some time. */
export const countFrames = (ms: number): string => `new Promise((done) => {
  const intervals = [];
  const start = performance.now();
  let last = start;
  const frame = (now) => {
    intervals.push(now - last);
    last = now;
    if (now - start < ${ms}) requestAnimationFrame(frame);
    else done(intervals.slice(1));
  };
  requestAnimationFrame(frame);
})`;

/** In the page: how often the growth's canvas shows something new in some time. */
export const countPictures = (ms: number): string => `new Promise((done) => {
  const canvas = document.querySelector('main canvas');
  const small = new OffscreenCanvas(64, 64).getContext('2d', { willReadFrequently: true });
  const start = performance.now();
  let last = '';
  let pictures = 0;
  const frame = (now) => {
    small.drawImage(canvas, 0, 0, 64, 64);
    const shown = small.getImageData(0, 0, 64, 64).data.join();
    if (shown !== last) pictures++;
    last = shown;
    if (now - start < ${ms}) requestAnimationFrame(frame);
    else done((pictures * 1000) / (now - start));
  };
  requestAnimationFrame(frame);
})`;

/** In the page: frames from the next press on the canvas until the place under it is drawn otherwise. */
export const brushToScreen = `new Promise((done) => {
  const canvas = document.querySelector('main canvas');
  addEventListener('pointerdown', (event) => {
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    const x = Math.round((event.clientX - box.left) * scale);
    const y = Math.round((event.clientY - box.top) * scale);
    const look = () => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data].join();
    const before = look();
    const pressed = performance.now();
    let frames = 0;
    // After all that draws in this frame.
    const drawn = () => {
      if (look() !== before || frames > 120) done({ frames, ms: performance.now() - pressed });
      else requestAnimationFrame(frame);
    };
    const frame = () => {
      frames++;
      setTimeout(drawn);
    };
    requestAnimationFrame(frame);
  }, { once: true, capture: true });
})`;

/**
 * Before the page's own scripts: when a message from the program that holds some text arrived. A frame that has arrived
 * is drawn at the next refresh of the screen.
 */
export const watchMessages = `{
  const Own = WebSocket;
  window.WebSocket = class extends Own {
    constructor(...given) {
      super(...given);
      super.addEventListener('message', async ({ data }) => {
        if (!window.awaited) return;
        const bytes = data instanceof Blob ? await data.arrayBuffer() : data;
        const text = typeof bytes === 'string' ? bytes : new TextDecoder('latin1').decode(bytes);
        if (window.awaited && text.includes(window.awaited)) {
          window.awaited = null;
          window.arrivedMs = performance.now();
        }
      });
    }
  };
}`;

/** In the page: refreshes of the screen from a change of the first share until a frame that was mixed so. */
export const sliderToScreen = (value: number, mixed: string): string => `new Promise((done) => {
  const slider = document.querySelector('input.slider');
  // Anywhere between two refreshes.
  requestAnimationFrame(() => setTimeout(() => {
    window.arrivedMs = null;
    window.awaited = '${mixed}';
    slider.value = ${value};
    const startMs = performance.now();
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    let frames = 0;
    const frame = () => {
      frames++;
      if (window.arrivedMs !== null || frames > 120) done({ frames, ms: window.arrivedMs - startMs });
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, Math.random() * 16));
})`;

/** Before the page's own scripts: how many pictures came, in either way. */
export const countShown = `{
  window.pictures = 0;
  const { drawImage, putImageData } = CanvasRenderingContext2D.prototype;
  let last = null;
  Object.assign(CanvasRenderingContext2D.prototype, {
    drawImage(image, ...where) {
      if (image instanceof ImageBitmap && image !== last) {
        window.pictures++;
        last = image;
      }
      return drawImage.call(this, image, ...where);
    },
    putImageData(...given) {
      window.pictures++;
      return putImageData.apply(this, given);
    },
  });
}`;
