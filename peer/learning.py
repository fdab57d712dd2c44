"""The objective and the optimizer of both papers, in PyTorch's words."""

import torch
import torch.nn.functional as F

from fcn import FINAL_DECONVOLUTIONS, is_deconvolution

IGNORE = 255


def pixel_loss(logits, labels, normalization):
    """Softmax + multinomial logistic loss over pixels that are not 255.

    `sum` adds them up, `mean` divides by their number; without a valid pixel both are 0 (PyTorch's own mean is NaN).
    """
    total = F.cross_entropy(logits, labels.long(), ignore_index=IGNORE, reduction='sum')
    if normalization == 'sum':
        return total
    if normalization == 'mean':
        return total / (labels != IGNORE).sum().clamp(min=1)
    raise ValueError(f'loss: got {normalization}, expected mean or sum')


def is_fixed(name, deconvolution):
    """Whether a parameter keeps its bilinear weights: no deconvolution, the final one, or all of them do."""
    if deconvolution == 'learned':
        return False
    if deconvolution == 'final-fixed':
        return name.split('.')[0] in FINAL_DECONVOLUTIONS
    if deconvolution == 'fixed':
        return is_deconvolution(name)
    raise ValueError(f'deconvolution: got {deconvolution}, expected fixed, final-fixed or learned')


def sgd(model, learning_rate, momentum, weight_decay, deconvolution='learned'):
    """v = momentum v + g + decay w; w -= rate v. Biases: twice the rate, no decay. Fixed deconvolutions stay out."""
    weights, biases = [], []
    for name, parameter in model.named_parameters():
        if is_fixed(name, deconvolution):
            parameter.requires_grad_(False)
        else:
            (biases if name.endswith('.bias') else weights).append(parameter)
    groups = [
        {'params': weights, 'lr': learning_rate, 'weight_decay': weight_decay},
        {'params': biases, 'lr': 2 * learning_rate, 'weight_decay': 0},
    ]
    return torch.optim.SGD(groups, lr=learning_rate, momentum=momentum)


def set_learning_rate(optimizer, rate):
    """The rate of the updates to come, in an optimizer that `sgd` made."""
    weights, biases = optimizer.param_groups
    weights['lr'] = rate
    biases['lr'] = 2 * rate
