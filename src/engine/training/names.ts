/** The names under which a parameter's state goes into and comes out of the graphs that train. */
export const stateNames = {
  of: (kind: string, name: string) => `${name}.${kind}`,
  gradient: (name: string) => `${name}.gradient`,
  next: (name: string) => `${name}.next`,
};
