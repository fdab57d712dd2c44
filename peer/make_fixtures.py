"""Writes test/fixtures/*.safetensors: what PyTorch computes in float64, stored as float32. Repeatable to the byte."""

import pathlib

import torch

import tensors
from fixture_backbones import backbones
from fixture_batches import batches
from fixture_channels import channels
from fixture_classifier import classifier, vgg19_classifier
from fixture_heads import heads
from fixture_networks import networks
from fixture_operators import operators
from fixture_optimizers import optimizers
from fixture_pretrained import pretrained
from fixture_resnets import resnets
from fixture_training import training

FOLDER = pathlib.Path(__file__).parents[1] / 'test' / 'fixtures'

if __name__ == '__main__':
    torch.set_num_threads(1)
    for make in (operators, networks, backbones, batches, training, optimizers, classifier, vgg19_classifier, pretrained, resnets,
                 channels, heads):
        file = FOLDER / f'{make.__name__}.safetensors'
        tensors.write(file, *make())
        print(f'{file.name}: {file.stat().st_size} bytes')
