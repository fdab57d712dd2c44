"""Benchmark peer: one training step or inference of PyTorch at a time, so that runs can be interleaved with ours.

Prints {"ready": true, "torch": "1.13.1"} when the network is built. Then each line `go` on standard input does ONE step
(or inference) and answers {"ms": 3560.1, "loss": 3.04, "peakRssMb": 2650.0}, where an inference's loss is null.
`quit` or the end of input ends it. Random weights, image and labels; the work does not depend on their values.

PyTorch in its best form: ReLU in place, gradients set to None, oneDNN; the optimizer is that of both papers.
"""

import torch
import torch.nn.functional as F

from learning import IGNORE, sgd
from models import MODELS, build
from serve import say, serve, step_parser


def parse_arguments():
    parser = step_parser(__doc__.split('\n')[0], MODELS)
    parser.add_argument('--compile', action='store_true', help='by torch.compile')
    parser.add_argument('--channels-last', action='store_true', help='NHWC memory layout of weights and images')
    return parser.parse_args()


def training_step(network, image, classes):
    # A rate at which the random network stays put: after many steps it must still compute numbers, not NaN.
    optimizer = sgd(network, learning_rate=1e-8, momentum=0.99, weight_decay=5e-4)
    label = torch.randint(classes, (len(image), *image.shape[2:]))
    label[torch.rand(label.shape) < 0.05] = IGNORE

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(network(image), label, ignore_index=IGNORE)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def inference(network, image):
    network.eval()

    @torch.no_grad()
    def infer():
        network(image)

    return infer


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    layout = torch.channels_last if arguments.channels_last else torch.contiguous_format
    network = build(arguments.model, arguments.classes, arguments.width).to(memory_format=layout)
    if arguments.compile:
        network = torch.compile(network)
    image = torch.randn(arguments.batch, 3, *arguments.size).to(memory_format=layout)
    perform = (
        training_step(network, image, arguments.classes)
        if arguments.mode == 'train'
        else inference(network, image)
    )
    say({'ready': True, 'torch': torch.__version__})
    serve(perform)


if __name__ == '__main__':
    main()
