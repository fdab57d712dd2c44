"""What the program computes with weights of every format, beside what PyTorch computes with them.

    npm run build && python3 peer/parity.py

For each network: random weights of full size, every one of which matters, written in each format, loaded by
`fcn predict`, and the logits compared; then the gradient of every parameter, by one iteration of `fcn train` without
dropout (on another image where rounding decides), whose checkpoint holds it as momentum, compared with PyTorch's in
float64. Prints the page and writes it to docs/parity.md; exits with 1 when a limit is broken. --width makes a quick trial with thinner networks and --only one of some networks, only printed.
"""

import argparse
import collections
import copy
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import typing

import numpy as np
import torch
from PIL import Image

import caffe_file
import fixture_backbones
import fixture_networks
import fixture_resnets
import tensors
from fcn import scaled, weights_of
from learning import IGNORE, pixel_loss
from models import RESNET_MODELS, SMALL_MODELS, VGG16_MODELS, build
from resnets import our_name
from voc import preprocess

ROOT = pathlib.Path(__file__).parents[1]
PAGE = ROOT / 'docs' / 'parity.md'
CLASSES = 21
THREADS = 2

SIZES = ((1, 1), (33, 47), (48, 64), (375, 500))  # height, width
GRADIENT_SIZE = (33, 47)

LOGITS_LIMIT = 1e-4  # of the largest absolute logit
SAME_CLASS_LIMIT = 0.9999  # of all pixels
GRADIENT_LIMIT = 1e-3  # of the largest absolute value of the parameter's gradient
GRADIENT_IMAGES = 4  # on one of which all gradients must be within the limit

INPUTS = {
    'caffe': {'channels': 'BGR', 'scale': 255, 'mean': [104.00699, 116.66877, 122.67892], 'std': [1, 1, 1]},
    'torchvision': {'channels': 'RGB', 'scale': 1, 'mean': [0.485, 0.456, 0.406], 'std': [0.229, 0.224, 0.225]},
}


# torchvision's own networks, without their auxiliary head.
TORCHVISION_MODELS = ('fcn-resnet50', 'fcn-resnet101')
NORMALIZED_MODELS = RESNET_MODELS + TORCHVISION_MODELS
OTHER_MODELS = SMALL_MODELS + NORMALIZED_MODELS


def write_safetensors(file, model, network, width):
    config = {
        'model': model, 'numClasses': CLASSES, 'width': width, 'deconvolution': 'learned',
        'classes': [f'class {index}' for index in range(CLASSES)], 'input': INPUTS['torchvision'],
    }
    tensors.write(file, own_weights(model, network), {'fcn': json.dumps(config)})


def write_zip(file, model, network, width):
    torch.save(network.state_dict(), file)


def write_legacy(file, model, network, width):
    torch.save(network.state_dict(), file, _use_new_zipfile_serialization=False)


def write_caffe(file, model, network, width):
    # The reference network at once keeps the factors of its skips as layers.
    scales = {'scale_pool4': np.full(scaled(512, width), 0.01, 'float32'),
              'scale_pool3': np.full(scaled(256, width), 0.0001, 'float32')}
    caffe_file.write(file, weights_of(network), scales if model == 'fcn8s-atonce' else None)


@dataclasses.dataclass(frozen=True)
class Format:
    title: str
    extension: str
    input: str  # the preprocessing that the program gives weights of this format
    write: typing.Callable
    names_atonce: bool  # whether a file tells FCN-8s at once from FCN-8s


FORMATS = (
    Format('safetensors', '.safetensors', 'torchvision', write_safetensors, True),
    Format('PyTorch zip', '.pth', 'caffe', write_zip, False),
    Format('PyTorch legacy', '.pth', 'caffe', write_legacy, False),
    Format('Caffe', '.caffemodel', 'caffe', write_caffe, True),
)

# A state dict as torchvision's module gives it.
TORCHVISION = Format('torchvision', '.pth', 'torchvision', write_zip, True)

# Whose weights the gradients start from: for each network on VGG-16 another.
GRADIENT_FORMATS = dict(zip(VGG16_MODELS, FORMATS)) | dict.fromkeys(OTHER_MODELS, FORMATS[0]) | dict.fromkeys(TORCHVISION_MODELS, TORCHVISION)


def formats_of(model):
    """The other formats hold the other backbones in the same way as VGG-16."""
    if model in TORCHVISION_MODELS:
        return (TORCHVISION,)
    return FORMATS if model in VGG16_MODELS else FORMATS[:1]


LogitsRow = collections.namedtuple('LogitsRow', 'model format relative absolute same pixels classes')
GradientRow = collections.namedtuple('GradientRow', 'relative absolute torch_relative')


def own_name(model, name):
    """A parameter's name in a weights file."""
    return our_name(name) if model in NORMALIZED_MODELS else name


def own_weights(model, network):
    return {own_name(model, name): array for name, array in weights_of(network).items() if 'num_batches' not in name}


def scores_of(network, image):
    scores = network(image)
    return scores['out'] if isinstance(scores, dict) else scores  # as torchvision's networks give them


def random_network(model, width):
    if model in NORMALIZED_MODELS:
        return fixture_resnets.randomize(model, build(model, CLASSES, width, dropout=0)).eval()
    random_weight = (fixture_networks if model in VGG16_MODELS else fixture_backbones).random_weight
    network = build(model, CLASSES, width, dropout=0)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(torch.from_numpy(random_weight(model, name, parameter.shape)))
    return network


def random_image(random, height, width):
    """Smooth colors under noise, so that the classes form regions. uint8 [H, W, 3]"""
    coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), 'uint8'))
    smooth = np.asarray(coarse.resize((width, height), Image.BICUBIC), 'float64')
    return np.clip(smooth + 25 * random.standard_normal(smooth.shape), 0, 255).astype('uint8')


def fcn(*arguments):
    """Runs the program."""
    command = ['node', ROOT / 'bin' / 'fcn.js', *arguments]
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f'{" ".join(map(str, command))}: exit code {result.returncode}: {result.stderr.strip()}')


def as_input(pixels, name):
    return torch.from_numpy(preprocess(pixels, INPUTS[name])[None])


def logits_of_program(model, form, file, images, folder):
    weights = file
    if model == 'fcn8s-atonce' and not form.names_atonce:
        weights = folder / 'converted.safetensors'
        fcn('convert', file, weights, '--model', model)
    out = folder / 'predictions'
    fcn('predict', '--weights', weights, '--out', out, '--logits', '--threads', THREADS, *images)
    if weights != file:
        weights.unlink()
    return [np.load(out / f'{image.stem}.npy') for image in images]


@torch.no_grad()
def logits_of_torch(network, images, input_name):
    return [scores_of(network, as_input(pixels, input_name))[0].numpy() for pixels in images.values()]


def compare_logits(model, form, ours, theirs):
    relative, absolute, same, pixels, classes = [], [], 0, 0, set()
    for a, b in zip(ours, theirs):
        if a.shape != b.shape:
            raise SystemExit(f'{model}, {form.title}: got logits {a.shape}, expected {b.shape}')
        difference = np.abs(a.astype('float64') - b).max()
        absolute.append(difference)
        relative.append(difference / np.abs(b).max())
        same += int((a.argmax(0) == b.argmax(0)).sum())
        pixels += b[0].size
        classes |= set(b.argmax(0).ravel())
    return LogitsRow(model, form, relative, np.max(absolute), same, pixels, len(classes))


def write_voc(folder, pixels, label):
    for name in ('JPEGImages', 'SegmentationClass', 'ImageSets/Segmentation'):
        (folder / name).mkdir(parents=True)
    Image.fromarray(pixels).save(folder / 'JPEGImages' / 'only.png')
    Image.fromarray(label).save(folder / 'SegmentationClass' / 'only.png')
    (folder / 'ImageSets' / 'Segmentation' / 'train.txt').write_text('only\n')


def gradients_of_program(model, width, file, data, folder):
    """By name, flat. The learning rate is too small to change a weight, momentum starts at zero."""
    run = folder / 'run'
    fcn('train', '--data', f'voc:{data}', '--model', model, '--width', width, '--init', file, '--out', run,
        '--deconvolution', 'learned', '--loss', 'mean', '--iterations', 1, '--learning-rate', 1e-30, '--momentum', 0.9,
        '--weight-decay', 0, '--dropout', 0, '--native-size', '--augment', 'none', '--validate-every', 0,
        '--threads', THREADS, *(('--normalization', 'running') if model in NORMALIZED_MODELS else ()),
        *(('--auxiliary', 0) if model in TORCHVISION_MODELS else ()))
    state, _ = tensors.read(run / 'checkpoints' / 'iteration-1.safetensors')
    for written in run.rglob('*.safetensors'):
        written.unlink()
    return {name.removesuffix('.momentum'): array for name, array in state.items() if name.endswith('.momentum')}


def gradients_of_torch(model, network, image, label):
    """By name, flat."""
    pixel_loss(scores_of(network, image), label, 'mean').backward()
    gradients = {own_name(model, name): parameter.grad.numpy().ravel() for name, parameter in network.named_parameters()}
    network.zero_grad(set_to_none=True)
    return gradients


def compare_gradients(model, ours, single, double):
    """Rows by parameter: how far the program, and PyTorch in float32, are from PyTorch in float64."""
    if set(ours) != set(double):
        raise SystemExit(f'{model}: got gradients of {sorted(ours)}, expected {sorted(double)}')
    rows = {}
    for name, gradient in double.items():
        largest = np.abs(gradient).max()
        if not largest > 0:
            raise SystemExit(f'{model}: the gradient of {name} is zero, it can show nothing; choose other weights')
        absolute = np.abs(ours[name] - gradient).max()
        rows[name] = GradientRow(absolute / largest, absolute, np.abs(single[name] - gradient).max() / largest)
    return rows


def random_example(random):
    """Pixels, and labels of which a tenth count for nothing."""
    pixels = random_image(random, *GRADIENT_SIZE)
    label = np.where(random.random(GRADIENT_SIZE) < 0.1, IGNORE, random.integers(0, CLASSES, GRADIENT_SIZE))
    return pixels, label


def measure_gradients(model, width, network, file, input_name, examples, folder):
    """The comparison on each example in turn, until one is within the limit.

    Where a value before a ReLU is nearly zero, or two in a window of a max pooling nearly equal, rounding decides what the
    gradients of all layers before are. Among millions of values there often is one, and PyTorch's float32 has its own. Which
    it is depends on the image; a wrong gradient is wrong on every one.
    """
    double = copy.deepcopy(network).double()
    comparisons = []
    for index, (pixels, label) in enumerate(examples):
        work = folder / f'example{index}'
        write_voc(work / 'voc', pixels, label.astype('uint8'))
        found = gradients_of_program(model, width, file, work / 'voc', work)
        image, target = as_input(pixels, input_name), torch.from_numpy(label[None])
        comparisons.append(compare_gradients(model, found, gradients_of_torch(model, network, image, target),
                                             gradients_of_torch(model, double, image.double(), target)))
        if largest(comparisons[-1]).relative <= GRADIENT_LIMIT:
            break
    return comparisons


def measure(width, models, folder):
    """The rows of the table of logits, and {model: {parameter: row}} of that of gradients."""
    random = np.random.default_rng(20141114)
    images = {folder / f'{w}x{h}.png': random_image(random, h, w) for h, w in SIZES}
    for file, pixels in images.items():
        Image.fromarray(pixels).save(file)
    examples = [random_example(random) for _ in range(GRADIENT_IMAGES)]

    rows, gradients = [], {}
    start = time.perf_counter()
    for model in models:
        network = random_network(model, width)
        theirs = {name: logits_of_torch(network, images, name) for name in INPUTS}
        for form in formats_of(model):
            with tempfile.TemporaryDirectory(dir=folder) as name:
                work = pathlib.Path(name)
                file = work / f'weights{form.extension}'
                form.write(file, model, network, width)
                ours = logits_of_program(model, form, file, images, work)
                rows.append(compare_logits(model, form, ours, theirs[form.input]))
                if form == GRADIENT_FORMATS[model]:
                    gradients[model] = measure_gradients(model, width, network, file, form.input, examples, work)
            print(f'{time.perf_counter() - start:4.0f} s: {model}, {form.title}', file=sys.stderr, flush=True)
    return rows, gradients


def broken_limits(rows, gradients):
    """What is not within the limits, in words. A NaN is within none."""
    broken = []
    for row in rows:
        if not np.max(row.relative) <= LOGITS_LIMIT:
            broken.append(f'{row.model}, {row.format.title}: logits differ by {np.max(row.relative):.1e}')
        if not row.same >= SAME_CLASS_LIMIT * row.pixels:
            broken.append(f'{row.model}, {row.format.title}: {row.same} of {row.pixels} pixels have the same class')
    for model, comparisons in gradients.items():
        broken += [f'{model}: the gradient of {name} differs by {row.relative:.1e}'
                   for name, row in comparisons[-1].items() if not row.relative <= GRADIENT_LIMIT]
    return broken


def table(header, rows, left=1):
    """`left` columns of words, the others of numbers."""
    lines = [header, ['---'] * left + ['--:'] * (len(header) - left), *rows]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def largest(rows):
    return GradientRow(*np.max(list(rows.values()), axis=0))


def relative_cells(row):
    return (f'{row.relative:.1e}', f'{row.torch_relative:.1e}') if row else ('', '')


def small_cells(model, rows):
    """A network in one line: how many parameters, the worst of them, and the largest values over all."""
    worst = largest(rows)
    name = max(rows, key=lambda each: rows[each].relative)
    return [model, name, str(len(rows)), *relative_cells(worst), f'{worst.absolute:.1e}']


def commit():
    def git(*arguments):
        return subprocess.run(['git', '-C', ROOT, *arguments], capture_output=True, text=True, check=True).stdout
    changes = git('status', '--porcelain', '--', 'src', 'bin', 'peer', 'package-lock.json')
    return git('rev-parse', '--short', 'HEAD').strip() + (' with changes' if changes else '')


def page(rows, gradients, width):
    runtime = json.loads((ROOT / 'node_modules' / 'onnxruntime-node' / 'package.json').read_text())['version']
    logits = [[row.model, row.format.title, row.format.input, *(f'{x:.1e}' for x in row.relative), f'{row.absolute:.1e}',
               f'{100 * row.same / row.pixels:.4f} %', str(row.classes)] for row in rows]
    vgg16 = [gradients[model][-1] for model in VGG16_MODELS if model in gradients]
    names = dict.fromkeys(name for by_name in vgg16 for name in by_name)
    worst = [largest(by_name) for by_name in vgg16]
    changes = [
        ['**largest**', *(cell for row in worst for cell in relative_cells(row))],
        ['**largest, absolute**', *(cell for row in worst for cell in (f'{row.absolute:.1e}', ''))],
        *([name, *(cell for by_name in vgg16 for cell in relative_cells(by_name.get(name)))] for name in names),
    ]
    others = [small_cells(model, gradients[model][-1]) for model in OTHER_MODELS if model in gradients]
    tried = [[model, *(f'{row.relative:.1e}, {row.torch_relative:.1e}' for row in map(largest, comparisons)),
              *[''] * (GRADIENT_IMAGES - len(comparisons))] for model, comparisons in gradients.items()]
    sources = ', '.join(f'{model} from {GRADIENT_FORMATS[model].title}' for model in VGG16_MODELS)
    return f'''# Parity with PyTorch

With weights in any format, fcn computes what PyTorch computes. This page is generated by

    npm run build && python3 peer/parity.py

at commit {commit()}, with ONNX Runtime {runtime} and PyTorch {torch.__version__}, on the CPU with {THREADS} threads. The script fails if
a limit below is broken.

The networks have {CLASSES} classes and width {width:g}. Their weights are random, and all of them matter: score layers are not zero, and
deconvolutions are bilinear interpolation plus noise that mixes the classes. PyTorch runs `peer/fcn.py`, `peer/backbones.py`,
`peer/deeplab.py` and `peer/resnets.py`, which share nothing with `src/`; fcn-resnet50 and fcn-resnet101 are torchvision's own modules. ResNets
normalize by running averages here; `test/networks/pytorch-resnets.test.ts` compares those that normalize by batches.

## Logits

`fcn predict --logits` loads each file directly. The exception is fcn8s-atonce as PyTorch files, which look like those of fcn8s and go through
`fcn convert --model fcn8s-atonce` first. Both sides compute in float32. Images (width x height) are PNGs with random content.
The column for each size has the largest difference over all classes and pixels, relative to the largest absolute logit of the image.
"Classes" is the number of classes that win in at least one pixel.

Limits: {LOGITS_LIMIT:.0e} relative, and the same class in {100 * SAME_CLASS_LIMIT:.2f} % of the pixels of the {len(SIZES)} images.

{table(['network', 'format', 'input', *(f'{w}x{h}' for h, w in SIZES), 'largest, absolute', 'same class', 'classes'], logits, left=3)}

## Gradients

We run one iteration of `fcn train --init FILE` at native size, without dropout, on a PNG of {GRADIENT_SIZE[1]}x{GRADIENT_SIZE[0]} with random labels, a tenth of
them {IGNORE}: {sources}; torchvision's networks from their state dicts, all others from safetensors.
The tables give, for each parameter, the largest difference from PyTorch's gradient in float64, relative to the largest absolute value of that gradient.

For comparison, the columns "PyTorch" give the same for PyTorch's own gradient in float32. If a value before a ReLU is nearly zero, or two values
in a window of a max pooling are nearly equal, rounding decides. If it decides differently than in float64, that shows in the gradients of that
layer and all before it. So the script tries up to {GRADIENT_IMAGES} images until all gradients of one are within the limit: the effect of rounding depends
on the image, but a wrong gradient is wrong on every image. The tables are for the last image.

Limit: {GRADIENT_LIMIT:.0e} relative.

Largest difference over all parameters, for fcn and for PyTorch in float32, on each image that was tried:

{table(['network', *(f'image {index + 1}' for index in range(GRADIENT_IMAGES))], tried)}

{table(['parameter', *(title for model in VGG16_MODELS for title in (model, 'PyTorch'))], changes)}

The other backbones, each with the parameter that differs most:

{table(['network', 'parameter', 'parameters', 'largest', 'PyTorch', 'largest, absolute'], others, left=2)}
'''


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--width', type=float, default=1, help='share of the channels (default 1)')
    parser.add_argument('--only', nargs='*', help='some of the networks, whose rows are only printed')
    given = parser.parse_args()
    width, models = given.width, given.only or VGG16_MODELS + OTHER_MODELS
    torch.set_num_threads(THREADS)
    with tempfile.TemporaryDirectory(prefix='fcn-parity-') as folder:
        rows, gradients = measure(width, models, pathlib.Path(folder))
    text = page(rows, gradients, width)
    print(text, end='')
    if width == 1 and not given.only:
        temporary = PAGE.with_suffix(f'.{os.getpid()}.tmp')
        temporary.write_text(text)
        os.replace(temporary, PAGE)
    broken = broken_limits(rows, gradients)
    print('\n'.join(f'limit broken: {what}' for what in broken), end='\n' if broken else '', file=sys.stderr)
    return 1 if broken else 0


if __name__ == '__main__':
    sys.exit(main())
