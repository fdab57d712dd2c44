import { inputError, reasonOf } from '../../base/errors.ts';

/** A model file: its bytes, a file that was chosen or dropped, or its address. */
export type ModelSource = Uint8Array | ArrayBuffer | Blob | URL | string;

/** The bytes of a model file. @throws FcnError that names it when they cannot be had. */
export async function readModelBytes(source: ModelSource, name: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await read(() => source.arrayBuffer(), name));
  const response = await read(() => fetch(source), name);
  if (!response.ok) {
    throw inputError(
      `model ${name}: got ${response.status} ${response.statusText}, expected a file; check the address`,
    );
  }
  return new Uint8Array(await read(() => response.arrayBuffer(), name));
}

/** What messages call a model file: its own name, or the last part of its address. */
export function nameOfModel(source: ModelSource): string {
  if (source instanceof URL || typeof source === 'string') {
    return String(source).split(/[?#]/)[0]!.split('/').pop() || String(source);
  }
  return 'name' in source && typeof source.name === 'string' ? source.name : 'file';
}

async function read<T>(reading: () => Promise<T>, name: string): Promise<T> {
  try {
    return await reading();
  } catch (thrown) {
    throw inputError(
      `model ${name}: cannot be read (${reasonOf(thrown)}); check the address and the connection, and that its server ` +
        'lets other sites read it (CORS)',
      thrown,
    );
  }
}
