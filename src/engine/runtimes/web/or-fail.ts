import { FcnError, failure, reasonOf } from '../../../base/errors.ts';

/** What a call of ONNX Runtime gives. @throws FcnError (exit code 1) with its reason, if that is none already */
export async function orFail<T>(action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    if (thrown instanceof FcnError) throw thrown;
    throw failure(`ONNX Runtime: ${action}: ${reasonOf(thrown)}`, thrown);
  }
}
