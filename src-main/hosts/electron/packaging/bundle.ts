/** What set-up.mjs calls where Electron is to run from this folder: the bundles, without a package around them. */
import { bundleMain } from './bundle-main.ts';

await bundleMain();
