/** 16-bit floating-point formats in which files hold weights: IEEE 754 binary16, and the upper half of a float32. */
export type HalfFormat = 'F16' | 'BF16';

/**
 * Where the halves of an array must be read to before `expandHalves`: its own upper half. A file of halves then needs
 * no memory beside its result.
 */
export function halvesOf(target: Float32Array): Uint8Array {
  return new Uint8Array(target.buffer, target.byteOffset + target.length * 2, target.length * 2);
}

/**
 * Turns the little-endian halves in the upper half of an array into the float32 values of the whole, which are exact.
 * From front to back: value i is written to bytes 4i to 4i + 3, behind which half i (at 2n + 2i) and all later ones lie.
 */
export function expandHalves(target: Float32Array, format: HalfFormat): void {
  const halves = new Uint16Array(target.buffer, target.byteOffset + target.length * 2, target.length);
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  if (format === 'BF16') for (let i = 0; i < bits.length; i++) bits[i] = halves[i]! << 16;
  else for (let i = 0; i < bits.length; i++) bits[i] = bitsOfHalf(halves[i]!);
}

/**
 * The nearest binary16 of each value, of two equally near ones that with an even last bit (IEEE 754, 4.3.1).
 * @throws RangeError for a finite value beyond the largest, 65504
 */
export function toHalves(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, halfOf);
}

function halfOf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (size >= 65520) throw new RangeError(`half precision: got ${value}, expected at most 65504`);
  // Halves from 2^e to 2^(e + 1) are 2^(e - 10) apart, those below 2^-14 as far as those above it.
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 2 ** -24)));
  const steps = size / 2 ** (exponent - 10);
  const below = Math.floor(steps);
  const rest = steps - below;
  const nearest = below + (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? 1 : 0);
  // The hidden one of a normal number counts as one more exponent, and so does what was rounded up to the next.
  return sign | (((exponent + 14) << 10) + nearest);
}

/** The bits of the float32 that equals a binary16: 1 bit sign, 5 bits exponent of bias 15, 10 bits fraction. */
function bitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13); // infinite, or NaN with its payload
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: fraction * 2^-24, normal in float32. Its leading one, at bit 31 - shift, becomes the hidden one.
  const shift = Math.clz32(fraction);
  return sign | ((134 - shift) << 23) | ((fraction << (shift - 8)) & 0x7fffff);
}
