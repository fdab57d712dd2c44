/** `1 image`, `2 images`; with `many`, `1 class`, `2 classes`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
