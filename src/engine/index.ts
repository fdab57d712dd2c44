/**
 * `fcn/engine` in Node: build a graph of operators, differentiate it, and train it as a plain ONNX graph on ONNX Runtime.
 * Where a bundler builds for browsers, the package gives browser.ts in place of this file.
 */
export * from './api.ts';
export { type DeviceName, deviceNames, deviceOf, openDevice } from './devices/native-devices.ts';
export { nativeRuntime, nativeRuntime as runtime } from './runtimes/native/native-runtime.ts';
