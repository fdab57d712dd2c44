import * as binding from 'onnxruntime-web';
import { describe } from 'vitest';
import { testExportedChannels } from './exported-channels.ts';
import { testExported } from './exported-tests.ts';

binding.env.wasm.numThreads = 1;

describe('an exported network in stock onnxruntime-web', () => {
  testExported(binding, 'wasm');
  testExportedChannels(binding, 'wasm');
});
