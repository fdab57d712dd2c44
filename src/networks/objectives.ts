import type { LossName, LossTerm } from '../engine/operators/losses/sum-of-losses.ts';
import { pixelLosses, regionLosses } from '../engine/operators/losses/sum-of-losses.ts';

const lossNames = [...Object.keys(pixelLosses), ...Object.keys(regionLosses)];

/** What an objective looks like, for messages. */
export const objectiveForm = `some of ${lossNames.join(', ')}, each once, as in ce+dice or ce+0.5*dice`;

/** The terms of an objective such as `ce+0.5*dice`; undefined for what is none. */
export function parseObjective(text: string): LossTerm[] | undefined {
  const terms = text.split('+').map((term): LossTerm | undefined => {
    const [, factor = '1', name] = /^(?:(\d+(?:\.\d+)?)\*)?(\w+)$/.exec(term.replaceAll(' ', '')) ?? [];
    const weight = Number(factor);
    return lossNames.includes(name!) && weight > 0 ? { name: name as LossName, weight } : undefined;
  });
  const isWhole = terms.every((term) => term !== undefined);
  return isWhole && new Set(terms.map(({ name }) => name)).size === terms.length ? terms : undefined;
}

/** An objective as text, always the same for the same terms. */
export function objectiveText(terms: readonly LossTerm[]): string {
  return terms.map(({ name, weight }) => (weight === 1 ? name : `${weight}*${name}`)).join('+');
}
