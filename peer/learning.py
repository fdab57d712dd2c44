"""The objective and the optimizer of both papers, and AdamW, in PyTorch's words."""

import contextlib
import math

import torch
import torch.nn.functional as F

from fcn import FINAL_DECONVOLUTIONS, is_deconvolution

IGNORE = 255


def pixel_loss(logits, labels, normalization, class_weights=None):
    """Softmax + multinomial logistic loss over pixels that are not 255, each times the weight of its class.

    `sum` adds them up, `mean` divides by the sum of the weights, without them by the number of pixels; without a valid
    pixel both are 0 (PyTorch's own mean is NaN).
    """
    weights = None if class_weights is None else torch.tensor(class_weights, dtype=logits.dtype)
    total = F.cross_entropy(logits, labels.long(), weights, ignore_index=IGNORE, reduction='sum')
    if normalization == 'sum':
        return total
    if normalization == 'mean':
        return total / (loss_divisor(labels, class_weights) or 1)
    raise ValueError(f'loss: got {normalization}, expected mean or sum')


def loss_divisor(labels, class_weights=None):
    """What the mean loss of these labels divides by: the number of valid pixels, or the sum of their weights."""
    if class_weights is None:
        return int((labels != IGNORE).sum())
    weights = torch.zeros(256, dtype=torch.float64)
    weights[:len(class_weights)] = torch.tensor(class_weights, dtype=torch.float64)
    return float(weights[labels.long()].sum())


def is_fixed(name, deconvolution):
    """Whether a parameter keeps its bilinear weights: no deconvolution, the final one, or all of them do."""
    if deconvolution == 'learned':
        return False
    if deconvolution == 'final-fixed':
        return name.split('.')[0] in FINAL_DECONVOLUTIONS
    if deconvolution == 'fixed':
        return is_deconvolution(name)
    raise ValueError(f'deconvolution: got {deconvolution}, expected fixed, final-fixed or learned')


def is_frozen(name, frozen):
    """Whether a parameter belongs to one of these layers: names, or beginnings of names that end in `*`."""
    layer = name.rsplit('.', 1)[0]
    return any(layer.startswith(each[:-1]) if each.endswith('*') else layer == each for each in frozen)


def parameter_groups(model, learning_rate, weight_decay, deconvolution='learned', frozen=(), head_rate=1):
    """Biases: twice the rate, no decay. Score layers and deconvolutions: `head_rate` times the rate. Fixed
    deconvolutions and frozen layers stay out."""
    groups = {}
    for name, parameter in model.named_parameters():
        if is_fixed(name, deconvolution) or is_frozen(name, frozen):
            parameter.requires_grad_(False)
            continue
        bias = name.endswith('.bias')
        factor = (2 if bias else 1) * (head_rate if name.startswith(('score_', 'upscore')) else 1)
        group = {'params': [], 'factor': factor, 'lr': factor * learning_rate, 'weight_decay': 0 if bias else weight_decay}
        groups.setdefault((bias, factor), group)['params'].append(parameter)
    return groups.values()


def sgd(model, learning_rate, momentum, weight_decay, deconvolution='learned', frozen=(), head_rate=1, nesterov=False):
    """v = momentum v + g + decay w; w -= rate v; see parameter_groups."""
    groups = parameter_groups(model, learning_rate, weight_decay, deconvolution, frozen, head_rate)
    return torch.optim.SGD(groups, lr=learning_rate, momentum=momentum, nesterov=nesterov)


def adamw(model, learning_rate, betas, weight_decay, deconvolution='learned', frozen=(), head_rate=1):
    """Adam with decoupled decay; see parameter_groups."""
    groups = parameter_groups(model, learning_rate, weight_decay, deconvolution, frozen, head_rate)
    return torch.optim.AdamW(groups, lr=learning_rate, betas=betas)


def optimizer_of(model, config, deconvolution='learned'):
    """The optimizer that config.json of a run names."""
    rate, decay = config['learningRate'], config['weightDecay']
    rest = {'deconvolution': deconvolution, 'frozen': config.get('frozen', ()), 'head_rate': config.get('headRate', 1)}
    if config.get('optimizer', 'sgd') == 'adamw':
        return adamw(model, rate, config.get('betas', (0.9, 0.999)), decay, **rest)
    return sgd(model, rate, config['momentum'], decay, nesterov=config.get('nesterov', False), **rest)


def clip(model, config):
    """Shortens the gradient of all parameters together to the length that config.json of a run names; its length before."""
    limit = config.get('clip', 0)
    learned = [each for each in model.parameters() if each.grad is not None]
    return torch.nn.utils.clip_grad_norm_(learned, limit if limit > 0 else math.inf)


def set_learning_rate(optimizer, rate):
    """The rate of the updates to come, in an optimizer of the above."""
    for group in optimizer.param_groups:
        group['lr'] = group['factor'] * rate


class MovingAverage:
    """average = D average + (1 - D) w after each update, from the weights at the start on.

    D = min(decay, (1 + u) / (10 + u)) after u updates before this, as TensorFlow's ExponentialMovingAverage.
    """

    def __init__(self, model, decay):
        self.decay = decay
        self.updates = 0
        self.pairs = [(each, each.detach().clone()) for each in model.parameters() if each.requires_grad]

    @torch.no_grad()
    def update(self):
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        for parameter, average in self.pairs:
            average.lerp_(parameter, 1 - decay)

    @contextlib.contextmanager
    def in_place(self):
        """While this lasts, the model has the averages for weights."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self):
        for parameter, average in self.pairs:
            parameter.data, average.data = average.data, parameter.data
