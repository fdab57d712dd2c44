"""batches.safetensors: what the loader must give to the bit, with Pillow's resizing; orders and dropout masks.

Data set: `images/I` uint8 [H, W, 3] and `labels/I` uint8 [H, W], ids '0', '1', ... `CASE/B/image` float32 [N, 3, H, W] and
`CASE/B/label` uint8 [N, H, W] are micro-batch B. Metadata `batches`: JSON {images, classes, cases}, where a case has the
settings of a run and the `ids` of its micro-batches; `masks`: JSON [{seed, index, rate, shapes}], whose masks are
`masks/I/J`; `maskShapes`: JSON [{model, width, batch, height, columns, shapes}].
"""

import json

import numpy as np

from dropout_masks import mask_shapes, masks_of, numbers_of
from fixture_operators import case_random
from models import SMALL_MODELS, VGG16_MODELS
from replay import Replay
from streams import Stream, draw_many, permutation

CLASSES = 4
SIZES = ((20, 31), (33, 24), (27, 27), (16, 40), (40, 18))  # height, width
BATCHES = 6

CAFFE = {'channels': 'BGR', 'scale': 255, 'mean': [104.00699, 116.66877, 122.67892], 'std': [1, 1, 1]}
TORCHVISION = {'channels': 'RGB', 'scale': 1, 'mean': [0.485, 0.456, 0.406], 'std': [0.229, 0.224, 0.225]}


def case(name, size, augment=(), batch_size=1, channels=TORCHVISION, seed=1, loss_share=1):
    if size == 'native':
        size = {'mode': size}
    else:
        mode, height, width, *of = size
        size = {'mode': mode, 'height': height, 'width': width, **({'of': dict(zip(('height', 'width'), of))} if of else {})}
    return {'name': name, 'trainSize': size, 'augment': list(augment), 'batchSize': batch_size, 'seed': seed,
            'input': channels, 'lossShare': loss_share}


CASES = (
    case('native', 'native'),
    case('crop', ('crop', 22, 25), batch_size=2),
    case('resize', ('resize', 19, 30), batch_size=3, channels=CAFFE),
    case('flip', 'native', ['flip'], seed=20141114),
    case('scale', 'native', ['scale'], channels=CAFFE),
    case('crop-scale-flip', ('crop', 24, 24), ['flip', 'scale'], batch_size=2, seed=7),
    case('color', 'native', ['color']),
    case('everything', ('crop', 30, 26), ['color', 'scale', 'flip'], batch_size=3, channels=CAFFE, seed=9),
    case('resize-scale', ('resize', 30, 21), ['scale'], batch_size=2, channels=CAFFE, seed=2),
    case('crop-of', ('crop', 22, 25, 45, 39), ['color'], batch_size=2, seed=3),
    case('crop-of-scale', ('crop', 30, 30, 41, 37), ['scale', 'flip'], batch_size=2, channels=CAFFE, seed=4),
    case('loss-share', 'native', ['flip'], seed=5, loss_share=0.3),
)


class Pictures:
    """Blocks of noise with hard edges between them, where resizing shows every rounding."""

    def __init__(self):
        random = case_random('batches')
        self.samples = []
        for height, width in SIZES:
            coarse = random.integers(0, 256, (height // 5 + 1, width // 5 + 1, 3)).repeat(5, 0).repeat(5, 1)
            noise = random.integers(-60, 61, (height, width, 3))
            pixels = np.clip(coarse[:height, :width] + noise, 0, 255).astype('uint8')
            label = random.choice([*range(CLASSES), 255], (height // 3 + 1, width // 3 + 1)).repeat(3, 0).repeat(3, 1)
            self.samples.append((pixels, label[:height, :width].astype('uint8')))

    def load(self, image_id):
        return self.samples[int(image_id)]

    def size_of(self, image_id):
        return self.load(image_id)[1].shape


def order(seed, count):
    """The first ids of a shuffled run."""
    ids = []
    while len(ids) < count:
        epoch = len(ids) // len(SIZES)
        ids += permutation(len(SIZES), Stream(seed, 'order', epoch))
    return [str(each) for each in ids[:count]]


def batches():
    pictures = Pictures()
    tensors = {}
    for index, (pixels, label) in enumerate(pictures.samples):
        tensors |= {f'images/{index}': pixels, f'labels/{index}': label}
    cases = []
    for each in CASES:
        ids = order(each['seed'], BATCHES * each['batchSize'])
        config = {**each, 'dropout': 0, 'accumulate': 1, 'model': {'input': each['input']}}
        for number, [(image, label, _)] in enumerate(Replay(config, pictures, [ids])):
            tensors[f'{each["name"]}/{number}/image'] = image.numpy()
            tensors[f'{each["name"]}/{number}/label'] = label.numpy()
        cases.append({**each, 'ids': ids})

    masks = [{'seed': 3, 'index': 12, 'rate': 0.5, 'shapes': [(2, 5, 3, 3), (2, 5, 3, 3)]},
             {'seed': 20141114, 'index': 100000, 'rate': 0.3, 'shapes': [(1, 64, 2, 5)]}]
    for number, each in enumerate(masks):
        count = sum(map(numbers_of, each['shapes']))
        # The first stream is another's: several are drawn at once.
        _, numbers = draw_many([(0, 'dropout', 0), (each['seed'], 'dropout', each['index'])], count)
        for layer, mask in enumerate(masks_of(numbers, each['shapes'], each['rate'])):
            tensors[f'masks/{number}/{layer}'] = mask.numpy()
    sizes = [{'model': model, 'width': 0.5, 'batch': 2, 'height': height, 'columns': columns,
              'shapes': mask_shapes(model, 0.5, 2, height, columns)}
             for model in VGG16_MODELS + SMALL_MODELS if not model.startswith('deeplabv3-')
             for height, columns in ((1, 33), (37, 38), (39, 100), (120, 161), (224, 375))]
    return tensors, {'batches': json.dumps({'images': len(SIZES), 'classes': CLASSES, 'cases': cases}),
                     'masks': json.dumps(masks), 'maskShapes': json.dumps(sizes)}
