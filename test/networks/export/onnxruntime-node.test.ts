import * as binding from 'onnxruntime-node';
import { describe } from 'vitest';
import { testExportedChannels } from './exported-channels.ts';
import { testExported } from './exported-tests.ts';

describe('an exported network in stock onnxruntime-node', () => {
  testExported(binding, 'cpu');
  testExportedChannels(binding, 'cpu');
});
