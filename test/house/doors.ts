/**
 * What may import what. A key is a folder of `src/`; its list names what it may import besides itself: whole folders,
 * or a single file. Nobody is named who stands further down, so no circle of doors is possible.
 */
export const doors: Readonly<Record<string, readonly string[]>> = {
  base: [],
  engine: ['base'],
  data: ['base'],
  networks: ['base', 'engine', 'data/input-config.ts'],
  weights: ['base', 'engine', 'data', 'networks'],
  inference: ['base', 'engine', 'data', 'networks', 'weights'],
  training: ['base', 'engine', 'data', 'networks', 'weights', 'inference'],
  viewing: ['base', 'data', 'weights', 'inference', 'training'],
  cli: ['base', 'engine', 'data', 'networks', 'weights', 'inference', 'training', 'viewing'],
  library: ['base', 'engine', 'data', 'networks', 'weights', 'inference', 'training', 'viewing'],
};

/** The same for the folders inside `src/engine/`. All of them may import `base` too. */
export const engineRooms: Readonly<Record<string, readonly string[]>> = {
  onnx: [],
  runtimes: ['onnx'],
  graph: ['onnx'],
  parameters: ['graph'],
  operators: ['graph', 'parameters'],
  differentiation: ['graph'],
  optimizers: ['graph'],
  rewrites: ['graph', 'parameters', 'operators'],
  devices: ['runtimes', 'graph'],
  training: ['runtimes', 'graph', 'parameters', 'differentiation', 'optimizers', 'rewrites'],
};

/** What runs in a browser: the page, and what pages import as `fcn/web` and `fcn/engine`. */
export const browserFolders = ['web/src/', 'src/library/web/', 'src/engine/browser.ts'];

/** Packages that need Node or native code. */
export const nodePackages = ['koffi', 'onnxruntime-node', 'sharp', 'tar'];
