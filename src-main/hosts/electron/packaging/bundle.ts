/** What set-up.mjs calls with --desktop, one at a time: the bundles that Electron runs, and the terms of what is in them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { bundleMain, root } from './bundle-main.ts';
import { thirdPartyNotices } from './notices.ts';

const notices = thirdPartyNotices(root, await bundleMain(), process.platform);
await writeFile(join(root, 'dist/THIRD-PARTY-NOTICES.txt'), notices);
