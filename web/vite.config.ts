import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

/**
 * What the page may do: load its own files, and nothing from or to another server. WebAssembly has to be compiled, the
 * threads of ONNX Runtime are workers of the page's own files, and pictures are opened, and results saved, as blobs.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self' blob:",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The page brings its policy along, whoever serves it. While it is developed it has none: styles are then scripts. */
const withPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: policy },
      injectTo: 'head-prepend',
    },
  ],
};

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
/** Workers have the policy that their own files come with. */
const preview = { ...localhost, headers: { ...isolation, 'Content-Security-Policy': policy } };

export default defineConfig({
  // Relative addresses: the page works from any path of any server.
  base: './',
  plugins: [withPolicy],
  // A file that is not there is not found: no page in its place.
  appType: 'mpa',
  // The runtime's WebAssembly stays in files of its own (see runtime-files.ts), not inside a script.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  worker: { format: 'es', rolldownOptions: { output } },
  build: { target: 'es2022', chunkSizeWarningLimit: 1000, rolldownOptions: { output } },
  server: localhost,
  preview,
});
