import { expect, it } from 'vitest';
import { asError } from '../../src/cli/as-error.ts';

it('says what to do where no more files can be opened', () => {
  const thrown = Object.assign(new Error("EMFILE: too many open files, open 'x'"), { code: 'EMFILE' });
  expect(asError(thrown)).toMatchObject({
    exitCode: 1,
    message: 'files: too many files are open; raise their limit (ulimit -n)',
  });
  expect(asError(new Error('x')).message).toMatch(/^unexpected error: x; run it again with --verbose/);
});
