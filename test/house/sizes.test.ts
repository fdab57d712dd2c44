import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..', '..');
const generated = ['src/engine/onnx/onnx_pb.ts'];

it('no file of src/ or web/src/ that a person writes has more than 250 lines', () => {
  const long = ['src', 'web/src'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => path.posix.join(folder, file.replaceAll(path.sep, '/')))
      .filter((file) => /\.(ts|tsx|css|js)$/.test(file) && !generated.includes(file))
      .filter((file) => readFileSync(path.join(root, file), 'utf8').trimEnd().split('\n').length > 250),
  );
  expect(long).toEqual([]);
});
