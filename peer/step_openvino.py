"""Benchmark peer: an exported network in OpenVINO, one inference for each line `go`, as step.py does it.

In its best form: the image's size fixed, float32 as all others compute, latency hints left to the threads that are asked for.
"""

import argparse

import numpy
import openvino

from serve import image_size, say, serve


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--file', required=True, help='of fcn export')
    parser.add_argument('--size', type=image_size, default=(224, 224), metavar='HxW')
    parser.add_argument('--threads', type=int, default=2)
    arguments = parser.parse_args()
    core = openvino.Core()
    network = core.read_model(arguments.file)
    network.reshape({'image': [1, *arguments.size, 3]})
    settings = {'INFERENCE_NUM_THREADS': arguments.threads, 'INFERENCE_PRECISION_HINT': 'f32'}
    request = core.compile_model(network, 'CPU', settings).create_infer_request()
    image = numpy.random.default_rng(0).integers(0, 256, (1, *arguments.size, 3), dtype=numpy.uint8)
    say({'ready': True, 'openvino': openvino.__version__})

    def infer():
        request.infer({'image': image})

    serve(infer)


if __name__ == '__main__':
    main()
