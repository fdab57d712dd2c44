import { nativeDevice, nativeRuntime } from '../runtimes/native/native-runtime.ts';
import type { Device, Runtime } from '../runtimes/session.ts';
import { checkDevice } from './check-device.ts';
import { type ChosenDevice, chooseDevice } from './choose-device.ts';

/** What people may ask for. `auto`: a graphics processor where there is one that is right and faster, else the CPU. */
export const deviceNames = ['cpu', 'webgpu', 'cuda', 'auto'] as const satisfies readonly (Device | 'auto')[];
export type DeviceName = (typeof deviceNames)[number];

/** Graphics processors that are checked already, in this process. */
const opened = new Map<string, Promise<Runtime>>();

/**
 * Native ONNX Runtime on a device, which is checked first.
 * @throws FcnError (exit code 2) when there is no such device, with what to install; (1) when it computes wrongly
 */
export function openDevice(device: Device): Promise<Runtime> {
  if (device === 'cpu') return Promise.resolve(nativeRuntime);
  const known = opened.get(device) ?? checkDevice(nativeDevice(device));
  opened.set(device, known);
  return known;
}

/**
 * The device that is asked for, by its name.
 * @param threads of the CPU, with which graphics processors are compared for `auto`
 * @param onChoice told, for `auto`, what was taken and why: a sentence
 * @throws as openDevice
 */
export async function deviceOf(
  name: DeviceName,
  threads: number,
  onChoice: (what: string) => void = () => {},
): Promise<Runtime> {
  if (name !== 'auto') return openDevice(name);
  const { runtime, reason }: ChosenDevice = await chooseDevice(
    nativeRuntime,
    [() => openDevice('cuda'), () => openDevice('webgpu')],
    threads,
  );
  onChoice(`device ${runtime.device}: ${reason}`);
  return runtime;
}
