/** Pictures that come with the page, made by `npm run web:model`: files in web/public/samples. */
const samples = [1, 2, 3, 4, 5, 6].map((number) => ({
  name: `sample-${number}`,
  address: `./samples/sample-${number}.png`,
}));

interface SamplesProps {
  onImage(image: Blob, name: string): void;
  onFailure(reason: Error): void;
}

/** Pictures to begin with. */
export function Samples({ onImage, onFailure }: SamplesProps) {
  const open = async ({ name, address }: (typeof samples)[number]) => {
    try {
      const response = await fetch(address);
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
      onImage(await response.blob(), name);
    } catch (thrown) {
      onFailure(new Error(`sample ${address}: cannot be read (${(thrown as Error).message})`));
    }
  };
  return (
    <fieldset class="samples" aria-label="Samples">
      {samples.map((sample, index) => (
        <button key={sample.name} type="button" onClick={() => void open(sample)}>
          <img src={sample.address} alt={`Sample ${index + 1}`} />
        </button>
      ))}
    </fieldset>
  );
}
