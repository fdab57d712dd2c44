"""Losses for imbalanced classes in PyTorch: dice, focal, sigmoid, Lovász, hard pixels. All for logits [N, C, H, W] and labels [N, H, W]."""

import torch
import torch.nn.functional as F

from learning import IGNORE, pixel_loss


def valid_rows(logits, labels):
    """Logits [P, C] and labels [P] of the pixels that are not void."""
    rows = logits.movedim(1, -1).flatten(0, -2)
    labels = labels.flatten().long()
    return rows[labels != IGNORE], labels[labels != IGNORE]


def weights_of(labels, class_weights=None, hard=None):
    """What each pixel counts, [N, H, W]: nothing where void, else the weight of its class; 0 where it is not hard."""
    table = torch.zeros(256, dtype=torch.float64)
    table[:IGNORE] = 1
    if class_weights is not None:
        table[:] = 0
        table[:len(class_weights)] = torch.tensor(class_weights, dtype=torch.float64)
    weights = table[labels.long()]
    return weights if hard is None else weights * hard


def hard_pixels(logits, labels, share):
    """1 for the hardest max(1, round(share V)) of the V valid pixels of each image, by cross-entropy; [N, H, W]."""
    kept = torch.zeros(labels.shape, dtype=torch.float64)
    losses = F.cross_entropy(logits.detach(), labels.long(), ignore_index=IGNORE, reduction='none')
    for image, loss, label in zip(kept, losses, labels):
        valid = (label != IGNORE).flatten().nonzero().flatten()
        if len(valid) > 0:
            hardest = loss.flatten()[valid].topk(max(1, round(share * len(valid)))).indices
            image.view(-1)[valid[hardest]] = 1
    return kept


def over_pixels(losses, weights, normalization):
    """The sum or the mean of losses [N, H, W]; the mean over nothing is 0."""
    total = (losses * weights).sum()
    return total if normalization == 'sum' else total / (weights.sum() or 1)


def cross_entropy(logits, labels, normalization='mean', class_weights=None, share=None):
    if share is None:
        return pixel_loss(logits, labels, normalization, class_weights)
    losses = F.cross_entropy(logits, labels.long(), ignore_index=IGNORE, reduction='none')
    return over_pixels(losses, weights_of(labels, class_weights, hard_pixels(logits, labels, share)), normalization)


def focal(logits, labels, normalization='mean', class_weights=None, share=None, gamma=2):
    """Each class against the rest, by a sigmoid, summed over the classes."""
    targets = (labels[:, None] == torch.arange(logits.shape[1])[None, :, None, None]).to(logits.dtype)
    entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction='none')
    losses = ((1 - torch.exp(-entropy)) ** gamma * entropy).sum(1)
    hard = None if share is None else hard_pixels(logits, labels, share)
    return over_pixels(losses, weights_of(labels, class_weights, hard), normalization)


def sigmoid(logits, labels, normalization='mean', class_weights=None, share=None):
    """Binary cross-entropy of each class, summed over the classes."""
    return focal(logits, labels, normalization, class_weights, share, gamma=0)


def dice(logits, labels):
    """1 - 2 |A B| / (|A| + |B|) on average over the classes that occur."""
    rows, labels = valid_rows(logits, labels)
    probabilities = rows.softmax(1)
    terms = []
    for c in labels.unique():
        target = (labels == c).to(rows.dtype)
        score = 2 * (probabilities[:, c] * target).sum() / (probabilities[:, c].sum() + target.sum())
        terms.append(1 - score)
    return torch.stack(terms).mean() if terms else logits.sum() * 0


def lovasz(logits, labels):
    """Algorithm 1 of Berman et al. 2018, on average over the classes that occur."""
    rows, labels = valid_rows(logits, labels)
    probabilities = rows.softmax(1)
    terms = []
    for c in labels.unique():
        target = (labels == c).to(rows.dtype)
        errors, order = (target - probabilities[:, c]).abs().sort(descending=True)
        target = target[order]
        jaccard = 1 - (target.sum() - target.cumsum(0)) / (target.sum() + (1 - target).cumsum(0))
        terms.append(errors @ torch.diff(jaccard, prepend=jaccard.new_zeros(1)))
    return torch.stack(terms).mean() if terms else logits.sum() * 0


def parse_objective(text):
    """Pairs of a name and a factor, of an objective such as `ce+0.5*dice`."""
    parts = [term.rpartition('*') for term in text.split('+')]
    return [(name, float(factor or 1)) for factor, _, name in parts]


def summed(logits, labels, terms, normalization='mean', class_weights=None, share=None):
    """The weighted sum of losses: pairs of a name (`ce`, `focal`, `sigmoid`, `dice`, `lovasz`) and a factor.

    For `sum`, dice and lovasz are multiplied by what the pixels count, as the micro-batches of a minibatch need it."""
    by_pixels = {'ce': cross_entropy, 'focal': focal, 'sigmoid': sigmoid}
    counted = any(name in by_pixels for name, _ in terms)
    hard = hard_pixels(logits, labels, share) if counted and share is not None else None
    count = weights_of(labels, class_weights if counted else None, hard).sum()
    total = 0
    for name, factor in terms:
        if name in by_pixels:
            total = total + factor * by_pixels[name](logits, labels, normalization, class_weights, share)
        else:
            loss = {'dice': dice, 'lovasz': lovasz}[name](logits, labels)
            total = total + factor * loss * (count if normalization == 'sum' else 1)
    return total
