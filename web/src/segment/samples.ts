/** Pictures that come with the page, made by `npm run web:model`: files in web/public/samples. */
export const samples = [1, 2, 3, 4, 5, 6].map((number) => ({
  name: `sample-${number}`,
  address: `./samples/sample-${number}.png`,
}));
