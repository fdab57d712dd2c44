import { counted } from '../base/counted.ts';
import { classesOfHeads, headsOf } from '../networks/class-heads.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import type { Architecture } from '../networks/network.ts';
import { unknownClass } from './infer-config.ts';

/** Classes, as far as they have names. */
export interface Classes {
  readonly numClasses: number;
  readonly classes?: readonly string[] | undefined;
}

/** Where the weights of a head of a network may be found in another network. */
export interface PlaceInSource {
  /** The parameter there. */
  readonly name: string;
  /** The same without the name of its head: `score_fr.weight` of `score_fr_geometric.weight`. */
  readonly plainName: string;
  /** What the two heads tell apart. */
  readonly source: Classes & { readonly classes: readonly string[] };
  readonly target: Classes;
  /** How the classes differ, if they do. */
  readonly difference: string | undefined;
}

type Target = Architecture & Partial<Pick<ModelConfig, 'classes'>>;

/**
 * Where a parameter of a head starts from. Heads of the same name belong together; where one of the networks has a single head, those of the
 * same classes, and else the first ones.
 * @param name of a parameter whose shape depends on the number of classes
 * @returns undefined where the source has no such head
 */
export function placeInSource(name: string, source: ModelConfig, target: Target): PlaceInSource | undefined {
  const dot = name.lastIndexOf('.');
  const [layer, kind] = [name.slice(0, dot), name.slice(dot)];
  const heads = headsIn(target, target.classes);
  const number = heads.findLastIndex(({ suffix }) => layer.endsWith(suffix));
  const head = heads[number]!;
  const ofSource = headsIn(source, source.classes) as (Head & PlaceInSource['source'])[];
  const named = ofSource.find((other) => other.name === head.name);
  const isSingle = heads.length === 1 || ofSource.length === 1;
  const same = isSingle ? ofSource.find((other) => !classDifference(other, head)) : undefined;
  const found = named ?? same ?? (number === 0 ? ofSource[0] : undefined);
  if (!found) return undefined;
  const plain = layer.slice(0, layer.length - head.suffix.length);
  return {
    name: `${plain}${found.suffix}${kind}`,
    plainName: plain + kind,
    source: found,
    target: head,
    difference: classDifference(found, head),
  };
}

type Head = Classes & { readonly name: string; readonly suffix: string };

function headsIn(architecture: Architecture, classes: readonly string[] | undefined): Head[] {
  const names = classes && classesOfHeads({ ...architecture, classes });
  return headsOf(architecture).map((head, i) => ({ ...head, classes: names?.[i] }));
}

/** How the classes differ, if they do. A class without a name is taken for any. */
function classDifference(
  source: PlaceInSource['source'],
  { numClasses, classes }: Classes,
): string | undefined {
  if (source.numClasses !== numClasses)
    return `${counted(source.numClasses, 'class', 'classes')} in the file, not ${numClasses}`;
  const index = (classes ?? []).findIndex((name, i) => {
    const found = source.classes[i];
    return name !== found && name !== unknownClass(name, i) && found !== unknownClass(found, i);
  });
  return index < 0
    ? undefined
    : `class ${index} is '${source.classes[index]}' in the file, not '${classes![index]}'`;
}
