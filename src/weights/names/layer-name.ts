/**
 * Our name of a layer that other tools name differently, or why it has no place here, or that it is the classifier's
 * last, whose outputs are the classifier's own classes.
 */
export type LayerName =
  | { readonly name: string }
  | { readonly dropped: string }
  | { readonly classifier: true };
