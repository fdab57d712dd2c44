import { defaultClientConditions, defineConfig } from 'vite';

/** With these a page may share memory between threads: WebAssembly then runs on all cores. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Names of files that are no chunks. Many servers do not know .mjs, and browsers run no script of unknown type. */
const output = {
  assetFileNames: ({ names }: { names: string[] }) =>
    `assets/[name]-[hash]${names[0]?.endsWith('.mjs') ? '.js' : '[extname]'}`,
};
const localhost = { host: '127.0.0.1', headers: isolation };

export default defineConfig({
  // Relative addresses: the page works from any path of any server.
  base: './',
  // A file that is not there is not found: no page in its place.
  appType: 'mpa',
  // The runtime's WebAssembly stays in files of its own (see runtime-files.ts), not inside a script.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  worker: { format: 'es', rolldownOptions: { output } },
  build: { target: 'es2022', chunkSizeWarningLimit: 1000, rolldownOptions: { output } },
  server: localhost,
  preview: localhost,
});
