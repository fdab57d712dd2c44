import { backbones } from '../networks/backbones/backbones.ts';
import { type BackboneName, backboneNames } from '../networks/model-names.ts';

/** What people call a backbone. */
export function titleOf(backbone: BackboneName): string {
  return backbones[backbone].title;
}

/** All of them: `VGG-16, AlexNet or ...`. */
export const networksInWords = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
  backboneNames.map(titleOf),
);
