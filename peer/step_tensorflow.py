"""Benchmark peer: FCN-32s/16s/8s on VGG-16 in TensorFlow, one training step or inference for each line `go`, as step.py does it.

In its best form: channels last, which its CPU kernels are written for, the whole step as one graph; with --xla compiled by XLA.
"""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import tensorflow as tf

from serve import say, serve, step_parser

# Channels and number of 3x3 convolutions of the five blocks.
BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
FINAL = {'fcn32s': (32, 19), 'fcn16s': (16, 27), 'fcn8s': (8, 31)}  # stride of the last deconvolution, and the crop behind it
MOMENTUM, DECAY, RATE = 0.99, 5e-4, 1e-8  # a rate at which the random network stays put


class FCN:
    """The same layers as peer/fcn.py, without dropout's masks in inference."""

    def __init__(self, name, classes, width):
        self.name = name
        self.weights = {}
        inputs = 3
        for block, (channels, depth) in enumerate(BLOCKS, start=1):
            outputs = int(channels * width + 0.5)
            for layer in range(1, depth + 1):
                self._add(f'conv{block}_{layer}', 3, inputs, outputs)
                inputs = outputs
        hidden = int(4096 * width + 0.5)
        self._add('fc6', 7, inputs, hidden)
        self._add('fc7', 1, hidden, hidden)
        self._add('score_fr', 1, hidden, classes)
        self._add('score_pool4', 1, int(512 * width + 0.5), classes)
        self._add('score_pool3', 1, int(256 * width + 0.5), classes)
        for stride in (2, 4, FINAL[name][0]):  # 4 stands for upscore_pool4, whose stride is 2
            size = 2 * (2 if stride == 4 else stride)
            self.weights[f'upscore{stride}'] = tf.Variable(tf.random.normal((size, size, classes, classes), stddev=0.01))

    def _add(self, name, kernel, inputs, outputs):
        deviation = (2 / (kernel * kernel * inputs)) ** 0.5
        self.weights[f'{name}/w'] = tf.Variable(tf.random.normal((kernel, kernel, inputs, outputs), stddev=deviation))
        self.weights[f'{name}/b'] = tf.Variable(tf.zeros(outputs))

    def _conv(self, x, name, padding='SAME'):
        return tf.nn.bias_add(tf.nn.conv2d(x, self.weights[f'{name}/w'], 1, padding), self.weights[f'{name}/b'])

    def _up(self, x, name, stride):
        kernel = self.weights[name]
        batch, height, width, classes = x.shape
        sides = [(side - 1) * stride + kernel.shape[0] for side in (height, width)]
        return tf.nn.conv2d_transpose(x, kernel, (batch, *sides, classes), stride, 'VALID')

    def __call__(self, image, dropout):
        drop = (lambda h: tf.nn.dropout(h, 0.5)) if dropout else (lambda h: h)
        h = tf.pad(image, ((0, 0), (99, 99), (99, 99), (0, 0)))  # SAME adds the hundredth
        pools = []
        for block, (_, depth) in enumerate(BLOCKS, start=1):
            for layer in range(1, depth + 1):
                h = tf.nn.relu(self._conv(h, f'conv{block}_{layer}'))
            h = tf.nn.max_pool2d(h, 2, 2, 'SAME')
            pools.append(h)
        h = drop(tf.nn.relu(self._conv(h, 'fc6', 'VALID')))
        h = self._conv(drop(tf.nn.relu(self._conv(h, 'fc7'))), 'score_fr')
        if self.name != 'fcn32s':
            h = self._up(h, 'upscore2', 2)
            h += cropped(self._conv(pools[3], 'score_pool4'), 5, *h.shape[1:3])
        if self.name == 'fcn8s':
            h = self._up(h, 'upscore4', 2)
            h += cropped(self._conv(pools[2], 'score_pool3'), 9, *h.shape[1:3])
        stride, offset = FINAL[self.name]
        return cropped(self._up(h, f'upscore{stride}', stride), offset, *image.shape[1:3])


def cropped(x, offset, height, width):
    return x[:, offset:offset + height, offset:offset + width]


def training_step(network, image, classes, compiled):
    label = tf.random.uniform(image.shape[:3], maxval=classes, dtype=tf.int32)
    with tf.GradientTape() as tape:  # which variables this network uses
        network(image, True)
    used = list(tape.watched_variables())
    momenta = [tf.Variable(tf.zeros_like(weight)) for weight in used]

    @tf.function(jit_compile=compiled)
    def step():
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(label, network(image, True))
            loss = tf.reduce_mean(losses)
        for weight, momentum, gradient in zip(used, momenta, tape.gradient(loss, used)):
            momentum.assign(MOMENTUM * momentum + gradient + DECAY * weight)
            weight.assign_sub(RATE * momentum)
        return loss

    return lambda: float(step())


def inference(network, image, compiled):
    infer = tf.function(lambda: network(image, False), jit_compile=compiled)

    def run():
        infer().numpy()

    return run


def main():
    parser = step_parser(__doc__.split('\n')[0], FINAL)
    parser.add_argument('--xla', action='store_true', help='compile by XLA')
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.random.set_seed(0)
    network = FCN(arguments.model, arguments.classes, arguments.width)
    image = tf.random.normal((arguments.batch, *arguments.size, 3))
    perform = (
        training_step(network, image, arguments.classes, arguments.xla)
        if arguments.mode == 'train'
        else inference(network, image, arguments.xla)
    )
    say({'ready': True, 'tensorflow': tf.__version__})
    serve(perform)


if __name__ == '__main__':
    main()
