import { describe, expect, it } from 'vitest';
import {
  type Asked,
  type Choice,
  chooseNetwork,
  chooseRecipe,
  type FinetuneFacts,
} from '../../src/training/finetune.ts';
import { chooseFrozen } from '../../src/training/finetune-frozen.ts';
import { chooseSize, isLimitedByTime } from '../../src/training/finetune-size.ts';
import { chooseLength } from '../../src/training/finetune-time.ts';

const facts: FinetuneFacts = {
  images: 367,
  validationImages: 101,
  sample: {
    ...{ images: 30, height: 120, width: 160, isOneSize: true, isOneShape: true },
    shares: [0.2, 0.3, 0.4, 0.1],
    bestOnCells: () => 0.9,
  },
  first: { file: 'mobilenet.tflite', backbone: 'mobilenetv2', width: 1 },
  threads: 2,
  budgetSeconds: 270,
};
const nothing: Asked = { overrides: {} };
const one = { batchSize: 1, accumulate: 1 };

const sampleOf = (sample: Partial<FinetuneFacts['sample']>) => ({
  ...facts,
  sample: { ...facts.sample, ...sample },
});
const reasonOf = (choices: readonly Choice[], setting: string) =>
  choices.find((choice) => choice.setting === setting)?.reason;

describe('the network', () => {
  it.each([
    [{}, 'fcn8s-mobilenetv2', 1],
    [{ file: 'f', backbone: 'mobilenetv2', width: 1 }, 'fcn8s-mobilenetv2', 1],
    [{ file: 'builtin', model: 'deeplabv3-mobilenetv2', width: 1 }, 'fcn8s-mobilenetv2', 1],
    [{ file: 'f', backbone: 'alexnet', width: 0.5 }, 'fcn32s-alexnet', 0.5],
    [{ file: 'f', backbone: 'vgg16', width: 1 }, 'fcn8s', 1],
    [{ file: 'f', model: 'fcn16s-squeezenet', width: 0.25 }, 'fcn16s-squeezenet', 0.25],
  ] as const)('is that of the first weights %j: %s', (first, model, width) => {
    expect(chooseNetwork({ first }, nothing).values).toEqual({ model, width });
  });

  it('is narrow where VGG-16 learns from random weights', () => {
    const { values } = chooseNetwork({ first: {} }, { ...nothing, model: 'fcn32s' });
    expect(values).toEqual({ model: 'fcn32s', width: 0.125 });
  });

  it('is what the user says, and its line says so', () => {
    const { values, choices } = chooseNetwork(facts, { ...nothing, model: 'fcn32s', width: 0.5 });
    expect(values).toEqual({ model: 'fcn32s', width: 0.5 });
    expect(reasonOf(choices, 'network')).toBe('as asked');
    expect(reasonOf(choices, 'width')).toBe('as asked');
  });
});

describe('the recipe', () => {
  const recipeOf = (of: FinetuneFacts, overrides: Asked['overrides'] = {}) =>
    chooseRecipe(of, { overrides }, chooseNetwork(of, nothing).values.model);

  it('has larger steps from random weights than from pretrained ones', () => {
    const pretrained = recipeOf(facts).values.learningRate!;
    const random = recipeOf({ ...facts, first: {} }).values.learningRate!;
    expect(random).toBeGreaterThan(pretrained);
  });

  it('lets score layers that start from zero learn faster, and not those that have learned', () => {
    const rate = (first: FinetuneFacts['first']) => recipeOf({ ...facts, first }).values.headRate;
    const own = { file: 'mine.safetensors', backbone: 'mobilenetv2', width: 1 } as const;
    expect(rate(own)).toBe(10);
    expect(rate({ ...own, model: 'fcn8s-mobilenetv2' })).toBeUndefined();
    expect(rate({})).toBeUndefined();
    expect(recipeOf({ ...facts, first: own }, { headRate: 2 }).values).not.toHaveProperty('headRate');
  });

  it('varies few images more', () => {
    expect(recipeOf(facts).values.augment).toEqual(['flip', 'color']);
    expect(recipeOf({ ...facts, images: 22 }).values.augment).toEqual(['flip', 'scale', 'color']);
  });

  it('balances classes where one of several has most of the pixels, not where there are but two', () => {
    const weighting = (...shares: number[]) =>
      recipeOf(sampleOf({ shares }), { objective: 'ce' }).values.classWeighting;
    expect(weighting(0.9, 0.05, 0.05)).toBe('balanced');
    expect(recipeOf(sampleOf({ shares: [0.9, 0.05, 0.05] })).values.classWeighting).toBe('none'); // dice does that
    expect(weighting(0.4, 0.3, 0.3)).toBe('none');
    expect(weighting(0.9, 0.1)).toBe('none');
    expect(weighting(0.9, 0.1, 0)).toBe('none');
  });

  it('leaves out what the user decided, and takes a rate that goes with it', () => {
    const { values, choices } = recipeOf(facts, { optimizer: 'sgd', augment: [] });
    expect(values).not.toHaveProperty('optimizer');
    expect(values).not.toHaveProperty('augment');
    expect(values.learningRate).toBe(1e-3);
    expect(choices.find(({ setting }) => setting === 'augment')).toEqual({
      ...{ setting: 'augment', value: 'none', reason: 'as asked' },
    });
  });

  it('leaves the last deconvolution bilinear, where there is one', () => {
    expect(recipeOf(facts).values.deconvolution).toBe('final-fixed');
    const ofDeeplab = { ...facts, first: { file: 'f', model: 'deeplabv3-mobilenetv2' as const, width: 1 } };
    expect(recipeOf(ofDeeplab).values).not.toHaveProperty('deconvolution');
    expect(recipeOf(facts, { deconvolution: 'learned' }).values).not.toHaveProperty('deconvolution');
  });

  it('adds dice to cross-entropy where the update is of one batch, whose pixels may be averaged', () => {
    expect(recipeOf(facts, {}).values.objective).toBe('ce+dice');
    expect(recipeOf(facts, { loss: 'sum' }).values.objective).toBe('ce');
    expect(recipeOf(facts, { accumulate: 2 }).values.objective).toBe('ce');
    expect(recipeOf({ ...facts, ranks: 2 }, {}).values.objective).toBe('ce');
    expect(recipeOf(facts, { objective: 'focal' }).values).not.toHaveProperty('objective');
  });

  it('takes the optimizer that a setting of the user belongs to', () => {
    expect(recipeOf(facts, { momentum: 0.5 }).values.optimizer).toBe('sgd');
    expect(recipeOf(facts, { betas: [0.8, 0.9] }).values.optimizer).toBe('adamw');
  });
});

describe('the size', () => {
  const sizeOf = (of: FinetuneFacts, secondsPerMegapixel: number, overrides: Asked['overrides'] = {}) =>
    chooseSize(of, { overrides }, 'fcn8s-mobilenetv2', secondsPerMegapixel).values;
  const resize = (height: number, width: number) => {
    const size = { mode: 'resize', height, width };
    return { trainSize: size, valSize: size };
  };
  const native = { trainSize: { mode: 'native' }, valSize: { mode: 'native' } };

  it('has time for more updates where nothing has learned yet', () => {
    const large = sampleOf({ height: 480, width: 640 });
    // 0.85 * 270 s / 1500 updates = 0.153 s, which 2 s/megapixel make 76500 pixels: 240x320, nearly.
    expect(sizeOf({ ...large, first: {} }, 2)).toEqual(resize(240, 320));
  });

  it('is at most twice that of small images', () => {
    expect(sizeOf(facts, 0.01)).toEqual(resize(240, 320));
  });

  it('is at most a quarter of a megapixel', () => {
    expect(sizeOf(sampleOf({ height: 1000, width: 1000 }), 0.01)).toEqual(resize(512, 512));
  });

  it('shrinks with the time that an update takes and that there is, in the shape of the images', () => {
    const large = sampleOf({ height: 480, width: 640 });
    // 0.85 * 270 s / 1000 updates = 0.23 s, which 2 s/megapixel make 114750 pixels: 288x400, nearly.
    expect(sizeOf(large, 2)).toEqual(resize(288, 384));
    expect(sizeOf({ ...large, budgetSeconds: 540 }, 2)).toEqual(resize(416, 560));
    expect(sizeOf(large, 1000)).toEqual(resize(80, 112)); // no smaller, however slow the machine
  });

  it('is their own where that is near', () => {
    expect(sizeOf(facts, 12)).toEqual(native);
  });

  it('is their own where they are of different shapes and small', () => {
    const mixed = sampleOf({ isOneSize: false, isOneShape: false });
    expect(sizeOf(mixed, 0.01)).toEqual(native);
    const batches = { batchSize: 4 };
    expect(sizeOf(mixed, 0.01, batches)).toEqual(resize(240, 320));
  });

  it('is that of windows, of enlarged images, where labels are too fine even for their own size', () => {
    const cells = (bestOnCells: (pixels: number) => number) =>
      sampleOf({ height: 512, width: 512, bestOnCells });
    // 0.85 * 270 s / 1000 updates, of which 1 s/megapixel make 479x479.
    const membranes = cells((pixels) => (pixels > 4 ? 0.7 : 0.84));
    const of = { height: 1024, width: 1024 };
    expect(sizeOf(membranes, 1)).toEqual({
      trainSize: { mode: 'crop', height: 480, width: 480, of },
      valSize: { mode: 'resize', ...of },
    });
    const halfAsFine = cells((pixels) => (pixels > 6 ? 0.7 : 0.9));
    expect(sizeOf(halfAsFine, 1)).toMatchObject({ trainSize: { of: { height: 720, width: 720 } } });
    // Coarse enough at their own size, if not at the one that there is time for: the whole scene tells more.
    expect(
      sizeOf(
        cells((pixels) => (pixels > 8 ? 0.7 : 0.8)),
        1.5,
      ),
    ).toEqual(resize(384, 384));
    // A validation that the user wants at another size says nothing of windows.
    const valSize = { mode: 'native' } as const;
    expect(sizeOf(membranes, 1.5, { valSize })).toEqual({ trainSize: resize(384, 384).trainSize, valSize });
  });

  it('is what the user says, for validation too', () => {
    const crop = { mode: 'crop', height: 64, width: 64 } as const;
    expect(sizeOf(facts, 0.01, { trainSize: crop })).toEqual({ valSize: { mode: 'native' } });
    const of = { height: 240, width: 320 };
    expect(sizeOf(facts, 0.01, { trainSize: { ...crop, of } })).toEqual({
      valSize: { mode: 'resize', ...of },
    });
    const { trainSize, valSize } = { trainSize: { mode: 'native' }, valSize: { mode: 'native' } } as const;
    expect(sizeOf(facts, 0.01, { trainSize, valSize })).toEqual({});
  });
});

describe('the frozen layers', () => {
  const frozenOf = (of: FinetuneFacts, overrides: Asked['overrides'] = {}, limits = true) =>
    chooseFrozen(of, { overrides }, chooseNetwork(of, nothing).values.model, limits).values.frozen;

  it('are the first ones, where time limits the size of images', () => {
    expect(frozenOf(facts)).toEqual(['conv1', 'block1_*', 'block2_*', 'block3_*']);
    expect(frozenOf(facts, {}, false)).toBeUndefined();
  });

  it('are none where they have learned nothing that suits the images, images are few, or the whole network goes on', () => {
    expect(frozenOf({ ...facts, first: {} })).toBeUndefined();
    expect(frozenOf({ ...facts, images: 60 })).toBeUndefined();
    expect(frozenOf({ ...facts, first: { file: 'f', backbone: 'vgg16' } })).toBeUndefined();
    expect(frozenOf({ ...facts, isOfColors: false })).toBeUndefined();
    expect(frozenOf({ ...facts, first: { file: 'f', model: 'fcn8s-mobilenetv2' } })).toBeUndefined();
  });

  it('are what the user says, and none where the user says how large images are or how long the run is', () => {
    expect(frozenOf(facts, { frozen: [] })).toBeUndefined();
    expect(frozenOf(facts, { trainSize: { mode: 'native' } })).toBeUndefined();
    expect(frozenOf(facts, { duration: { iterations: 9 } })).toBeUndefined();
    const asked: Asked = { overrides: { frozen: ['conv1'] } };
    expect(chooseFrozen(facts, asked, 'fcn8s-mobilenetv2', true)).toEqual({
      ...{ values: {}, choices: [{ setting: 'frozen', value: 'conv1', reason: 'as asked' }] },
    });
  });

  it('depend on whether whole images could be larger', () => {
    const whole = { trainSize: { mode: 'resize', height: 128, width: 128 } } as const;
    const windows = { trainSize: { mode: 'crop', height: 128, width: 128 } } as const;
    expect(isLimitedByTime(facts, whole, 10)).toBe(true);
    expect(isLimitedByTime(facts, whole, 0.01)).toBe(false); // twice their own size is the most
    expect(isLimitedByTime(facts, windows, 10)).toBe(false);
  });
});

describe('the length', () => {
  const speed = { secondsPerUpdate: 0.1, secondsPerValidation: 5 };
  const lengthOf = (of: FinetuneFacts, asked: Asked = nothing, at = speed) =>
    chooseLength(of, asked, one, at).values;

  it('fills the budget with updates and validations', () => {
    const { recipe, validateEvery } = lengthOf(facts);
    const iterations = (recipe.duration as { iterations: number }).iterations;
    const validations = Math.ceil(iterations / validateEvery);
    expect(validations).toBe(8); // 15 % of 270 s hold eight
    const seconds = iterations * 0.1 + validations * 5;
    expect(seconds).toBeLessThanOrEqual(270);
    expect(seconds).toBeGreaterThan(269);
  });

  it('has one validation at the end where each takes long, and half of the time for updates at least', () => {
    const at = { secondsPerUpdate: 0.1, secondsPerValidation: 1000 };
    expect(lengthOf(facts, nothing, at)).toMatchObject({
      ...{ recipe: { duration: { iterations: 1350 } }, validateEvery: 1350 },
    });
  });

  it('ends when few images have passed often enough', () => {
    const at = { secondsPerUpdate: 0.001, secondsPerValidation: 0.1 };
    expect(lengthOf({ ...facts, images: 5 }, nothing, at).recipe.duration).toEqual({ iterations: 2000 });
    expect(lengthOf({ ...facts, images: 30 }, nothing, at).recipe.duration).toEqual({ iterations: 6000 });
  });

  it('validates never where there is nothing to validate on, or the user does not want it', () => {
    expect(lengthOf({ ...facts, validationImages: 0 }).validateEvery).toBe(0);
    const asked = lengthOf(facts, { ...nothing, validateEvery: 0 });
    expect(asked).toMatchObject({ recipe: { duration: { iterations: 2700 } }, validateEvery: 0 });
  });

  it('is what the user says, and what depends on it follows', () => {
    const { recipe, validateEvery } = lengthOf(facts, { overrides: { duration: { epochs: 1 } } });
    expect(recipe).toMatchObject({ duration: { iterations: 367 }, warmup: 18 });
    expect(recipe.ema).toBeCloseTo(1 - 1 / 18, 12);
    expect(validateEvery).toBe(46);
    const asked = lengthOf(facts, { overrides: { ema: 0, warmup: 0 } });
    expect(asked.recipe).toMatchObject({ ema: 0, warmup: 0 });
  });

  it('warms up for fewer updates than the run has', () => {
    const overrides = { duration: { iterations: 1 } };
    expect(lengthOf(facts, { overrides }).recipe).toMatchObject({ warmup: 0 });
  });
});
