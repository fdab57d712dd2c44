/** Photographs that come with the page: files in web/public/samples, whose sources THIRD-PARTY.md names. */
const samples = ['cat', 'astronaut'].map((name) => ({ name, address: `./samples/${name}.jpg` }));

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
      {samples.map((sample) => (
        <button key={sample.name} type="button" onClick={() => void open(sample)}>
          <img src={sample.address} alt={`Sample: ${sample.name}`} />
        </button>
      ))}
    </fieldset>
  );
}
