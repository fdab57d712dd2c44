import { describe } from 'vitest';
import { webRuntime } from '../../../src/engine/runtimes/web/web-runtime.ts';
import { testOperators } from './operator-tests.ts';

describe('values and gradients in WebAssembly are those of PyTorch', () => testOperators(webRuntime()));
