"""The named random streams of src/base/rng.ts, written once more: `stream(seed, 'augment', k)`.

sfc32 gives one number after the other, slow in Python. What needs many numbers (dropout masks) draws from many
streams at once, which NumPy does for all of them in one go.
"""

import numpy as np

MASK = 0xffffffff


def hash128(*keys):
    """Four 32-bit words from the keys: FNV-1a from four offsets, each finished by MurmurHash3's mixer."""
    text = '\0'.join(str(key) for key in keys)
    words = []
    for h in (0x811c9dc5, 0x9e3779b9, 0x7f4a7c15, 0x2545f491):
        for code in text.encode('utf-16-le')[::2]:  # as JavaScript counts; all our keys are ASCII
            h = (h ^ code) * 0x01000193 & MASK
        h = (h ^ h >> 16) * 0x85ebca6b & MASK
        h = (h ^ h >> 13) * 0xc2b2ae35 & MASK
        words.append(h ^ h >> 16)
    return words


class Stream:
    """The numbers that belong to these keys, one at a time."""

    def __init__(self, *keys):
        self.a, self.b, self.c, self.counter = hash128(*keys)
        for _ in range(12):
            self.uint32()

    def uint32(self):
        result = self.a + self.b + self.counter & MASK
        self.counter = self.counter + 1 & MASK
        self.a = self.b ^ self.b >> 9
        self.b = self.c + (self.c << 3) & MASK
        self.c = (self.c << 21 & MASK | self.c >> 11) + result & MASK
        return result

    def uniform(self, low=0, high=1):
        return low + (high - low) * (self.uint32() / 2 ** 32)

    def integer(self, n):
        return int(self.uniform() * n)


def permutation(n, stream):
    """Fisher-Yates."""
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = stream.integer(i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def draw_many(keys, count):
    """The first `count` numbers of each of these streams; `keys` are tuples. uint32 [streams, count]"""
    a, b, c, counter = np.array([hash128(*each) for each in keys], np.uint32).T.copy()
    drawn = np.empty((12 + count, len(keys)), np.uint32)
    shifted = np.empty_like(a)
    for result in drawn:
        np.add(a, b, out=result)
        result += counter
        counter += np.uint32(1)
        np.right_shift(b, 9, out=a)
        a ^= b
        np.left_shift(c, 3, out=b)
        b += c
        np.right_shift(c, 11, out=shifted)
        np.left_shift(c, 21, out=c)
        c |= shifted
        c += result
    return np.ascontiguousarray(drawn[12:].T)
