"""The four metrics of Long et al. 2015, section 5, from a confusion matrix."""

import numpy as np


def confusion(label, prediction, num_classes):
    """n_ij: pixels of class i predicted as class j; label 255 is left out. [K, K]"""
    valid = label != 255
    pairs = label[valid].astype('int64') * num_classes + prediction[valid]
    return np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


def metrics_of(matrix, images, names):
    """The JSON that `fcn evaluate` writes; a quotient that does not exist is None and left out of its mean."""
    found = np.diag(matrix).astype('float64')
    pixels = matrix.sum(axis=1)
    union = pixels + matrix.sum(axis=0) - np.diag(matrix)
    with np.errstate(invalid='ignore'):
        iou = found / union
        accuracy = found / pixels

    def number(value):
        return None if np.isnan(value) else float(value)

    return {
        'images': images,
        'pixels': int(matrix.sum()),
        'pixelAccuracy': float(found.sum() / matrix.sum()),
        'meanAccuracy': float(np.nanmean(accuracy)),
        'meanIoU': float(np.nanmean(iou)),
        'fwIoU': float(np.nansum(pixels * iou) / matrix.sum()),
        'classes': [
            {'name': name, 'iou': number(iou[i]), 'accuracy': number(accuracy[i]), 'pixels': int(pixels[i])}
            for i, name in enumerate(names)
        ],
        'confusionMatrix': matrix.tolist(),
    }
