/**
 * Builds the window's page into dist/renderer, and the desktop's page that is never shown: no inline scripts or styles,
 * nothing from elsewhere.
 */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const folder = decodeURIComponent(new URL('.', import.meta.url).pathname.replace(/^\/(?=[A-Za-z]:\/)/, ''));

const config = defineConfig({
  root: folder,
  base: './',
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
  resolve: { tsconfigPaths: false },
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // An inlined asset would be a data: address, which the page's policy refuses.
    assetsInlineLimit: 0,
    // It comes from this machine: one file is quickest.
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: [`${folder}index.html`, `${folder}gpu-engine.html`] },
  },
  worker: { format: 'es' },
});
export { config as default };
