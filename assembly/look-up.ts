/**
 * Looks up the value of one channel for each pixel of 8 bits.
 * @param channel of the first pixel, among interleaved ones
 * @param channels of a pixel
 * @param values float32, for each value that a channel may have
 * @param into float32 for each pixel
 */
export function lookUpBytes(
  channel: usize,
  channels: usize,
  pixels: usize,
  values: usize,
  into: usize,
): void {
  lookUp<u8>(channel, channels, pixels, values, into);
}

/** The same for pixels of 16 bits. */
export function lookUpWords(
  channel: usize,
  channels: usize,
  pixels: usize,
  values: usize,
  into: usize,
): void {
  lookUp<u16>(channel, channels, pixels, values, into);
}

function lookUp<Pixel>(channel: usize, channels: usize, pixels: usize, values: usize, into: usize): void {
  const end = into + 4 * pixels;
  for (; into < end; into += 4) {
    store<f32>(into, load<f32>(values + 4 * <usize>load<Pixel>(channel)));
    channel += sizeof<Pixel>() * channels;
  }
}
