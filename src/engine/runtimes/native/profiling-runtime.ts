import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from '../../onnx/onnx_pb.ts';
import type { Runtime } from '../session.ts';
import { nativeRuntime } from './native-runtime.ts';

/** What the nodes at one place of a graph took. */
export interface PlaceTime {
  readonly place: string;
  /** Milliseconds of each run, in their order. */
  readonly runs: readonly number[];
}

/** A runtime whose sessions are timed, node by node. */
export interface ProfilingRuntime extends Runtime {
  /**
   * The times of the last session, once it was released, by place (Graph.within). What the runtime adds between places, such as
   * changes of layout, stands under the empty place.
   */
  times(): Promise<PlaceTime[]>;
  /** Removes what it wrote. */
  end(): Promise<void>;
}

/** Native ONNX Runtime with its own profile of every node. */
export async function createProfilingRuntime(): Promise<ProfilingRuntime> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-profile-'));
  let sessions = 0;
  let placeOf = new Map<string, string>();
  return {
    device: nativeRuntime.device,
    createSession(model, options) {
      sessions++;
      placeOf = placesOf(model);
      return nativeRuntime.createSession(model, { ...options, profile: path.join(folder, `${sessions}-`) });
    },
    async times() {
      const file = (await readdir(folder)).find((name) => name.startsWith(`${sessions}-`));
      if (!file) throw new Error('times: no session was released');
      return timesOf(JSON.parse(await readFile(path.join(folder, file), 'utf8')) as ProfileEvent[], placeOf);
    },
    end: () => rm(folder, { recursive: true }),
  };
}

/** An event of ONNX Runtime's profile; times in microseconds. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
}

/** The place of each node by its name and by those of its results: of these ONNX Runtime names nodes that it makes of others. */
function placesOf(model: Uint8Array): Map<string, string> {
  const { graph } = fromBinary(ModelProtoSchema, model);
  return new Map(
    (graph?.node ?? []).flatMap(({ name, output }) => {
      const place = name.slice(0, Math.max(0, name.lastIndexOf('/')));
      return [name, ...output].map((each) => [each, place] as const);
    }),
  );
}

function timesOf(events: readonly ProfileEvent[], placeOf: ReadonlyMap<string, string>): PlaceTime[] {
  const starts = events.filter(({ name }) => name === 'model_run').map(({ ts }) => ts);
  starts.sort((a, b) => a - b);
  const times = new Map<string, number[]>();
  for (const { cat, name, ts, dur } of events) {
    if (cat !== 'Node' || !name.endsWith(ending)) continue;
    const run = starts.findLastIndex((start) => start <= ts);
    if (run < 0) continue;
    const place = placeOfNode(name.slice(0, -ending.length), placeOf);
    const runs = times.get(place) ?? starts.map(() => 0);
    runs[run] = runs[run]! + dur / 1000;
    times.set(place, runs);
  }
  return [...times].map(([place, runs]) => ({ place, runs }));
}

const ending = '_kernel_time';

/** Fused nodes are called by one of theirs and what was done: `center/conv/MatMul_7/MatmulTransposeFusion/`, `Relu_9_nchwc`. */
function placeOfNode(name: string, placeOf: ReadonlyMap<string, string>): string {
  const segments = name.replace(/_nchwc$/, '').split('/');
  for (let count = segments.length; count > 0; count--) {
    const place = placeOf.get(segments.slice(0, count).join('/'));
    if (place !== undefined) return place;
  }
  return '';
}
