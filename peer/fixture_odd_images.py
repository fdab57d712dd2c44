"""test/fixtures/odd-images/: one small picture as files of many kinds, by Pillow and by hand. `python3 peer/fixture_odd_images.py`.

expected.safetensors holds, under each file's name, what Pillow makes of it: [height, width, 3], upright, on white.
"""

import pathlib
import struct
import warnings

import numpy as np
from PIL import Image, ImageOps

import tensors

FOLDER = pathlib.Path(__file__).parents[1] / 'test' / 'fixtures' / 'odd-images'


def picture(height=16, width=24):
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 10, y * 15, (x + y) * 6], 2).astype(np.uint8)


def translucent(rgb):
    alpha = (np.mgrid[0:rgb.shape[0], 0:rgb.shape[1]][1] * 11 % 256).astype(np.uint8)
    return np.dstack([rgb, alpha])


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def expected(file):
    """As people see it."""
    image = ImageOps.exif_transpose(Image.open(file))
    if 'A' in image.getbands() or 'transparency' in image.info:
        image = image.convert('RGBA')
        image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image)
    return np.asarray(image.convert('RGB'))


def unsorted(tiff):
    """The same file, the entries of its directory in the reverse order."""
    start, = struct.unpack('<I', tiff[4:8])
    count, = struct.unpack('<H', tiff[start:start + 2])
    entries = [tiff[start + 2 + 12 * i:start + 14 + 12 * i] for i in range(count)]
    return tiff[:start + 2] + b''.join(reversed(entries)) + tiff[start + 2 + 12 * count:]


def bmp(bits, compression, pixels, masks=(), header=40, palette=b''):
    """Rows from the lowest to the highest; masks of red, green, blue and alpha stand behind the header, or from 52 bytes on in it."""
    height, width = 16, 24
    fields = struct.pack('<IiiHHIIiiII', header, width, height, 1, bits, compression, len(pixels), 0, 0, len(palette) // 4, 0)
    fields += struct.pack(f'<{len(masks)}I', *masks)
    fields = fields.ljust(header, b'\0')
    start = 14 + len(fields) + len(palette)
    return b'BM' + struct.pack('<IHHI', start + len(pixels), 0, 0, start) + fields + palette + pixels


def runs(indices):
    """Rows of indices in runs of 8 bits, the first of each row written out."""
    written = b''
    for row in indices:
        written += bytes([0, 3, *row[:3], 0])  # filled up to an even number of bytes
        for index in row[3:]:
            written += bytes([1, index])
        written += b'\0\0'
    return written + b'\0\1'


def write_bmps(rgb):
    lowest_first = rgb[::-1].astype(np.uint16)
    red, green, blue = (lowest_first[:, :, c] for c in range(3))
    files = {
        'five-bits.bmp': bmp(16, 0, ((red >> 3 << 10) | (green >> 3 << 5) | blue >> 3).astype('<u2').tobytes()),
        'six-bits.bmp': bmp(16, 3, ((red >> 3 << 11) | (green >> 2 << 5) | blue >> 3).astype('<u2').tobytes(), (0xf800, 0x7e0, 0x1f)),
        'alpha.bmp': bmp(32, 3, translucent(rgb)[::-1, :, [2, 1, 0, 3]].tobytes(), (0xff0000, 0xff00, 0xff, 0xff000000), header=108),
        'no-alpha.bmp': bmp(32, 0, np.dstack([rgb, rgb[:, :, 0]])[::-1, :, [2, 1, 0, 3]].tobytes()),
        'runs.bmp': bmp(8, 1, runs((red // 50).tolist()), palette=bytes(range(0, 128)) * 8),
        'os2.bmp': b'BM' + struct.pack('<IHHI', 26 + rgb.size, 0, 0, 26) + struct.pack('<IHHHH', 12, 24, 16, 1, 24) + rgb[::-1, :, ::-1].tobytes(),
    }
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)


def write_files():
    rgb = picture()
    image = Image.fromarray(rgb)

    def save(name, of=image, **options):
        of.save(FOLDER / name, **options)

    for orientation in range(1, 9):
        save(f'orientation-{orientation}.jpg', quality=95, exif=exif(orientation))
    save('orientation-6.png', exif=exif(6))
    save('rgba.png', Image.fromarray(translucent(rgb)))
    save('gray-alpha.png', Image.fromarray(translucent(rgb)).convert('LA'))
    save('palette-transparent.png', image.quantize(8), transparency=3)
    save('cmyk.jpg', image.convert('CMYK'), quality=95)
    cmyk = (FOLDER / 'cmyk.jpg').read_bytes()
    adobe = cmyk.index(b'Adobe') - 4
    (FOLDER / 'cmyk-without-adobe.jpg').write_bytes(cmyk[:adobe] + cmyk[adobe + 16:])
    save('cmyk.tif', image.convert('CMYK'))
    for mode in ('1', 'L', 'P'):
        save(f'mode-{mode}.tif', image.convert(mode))
        save(f'mode-{mode}.png', image.convert(mode))
    save('group4.tif', image.convert('1'), compression='group4')
    save('deflate.tif', compression='tiff_deflate')
    (FOLDER / 'unsorted.tif').write_bytes(unsorted((FOLDER / 'deflate.tif').read_bytes()))
    save('two-pages.tif', save_all=True, append_images=[image.rotate(180)])
    save('two-frames.gif', save_all=True, append_images=[image.rotate(180)])
    save('two-frames.png', save_all=True, append_images=[image.rotate(180)])
    save('two-frames.mpo', save_all=True, append_images=[image.rotate(180)])
    jpeg = (FOLDER / 'orientation-1.jpg').read_bytes()
    tables = jpeg.index(b'\xff\xdb')
    (FOLDER / 'bytes-before-marker.jpg').write_bytes(jpeg[:tables] + b'\x01' * 18 + jpeg[tables:])
    (FOLDER / 'bytes-before-end.jpg').write_bytes(jpeg[:-2] + b'\x01' * 18 + jpeg[-2:])
    (FOLDER / 'bytes-behind.jpg').write_bytes(jpeg + b'\0' * 100)
    write_bmps(rgb)
    broken = b'\xff\xe1\x00\x1eExif\0\0II*\0\x08\0\0\0\xff\xff' + b'\x07' * 12
    (FOLDER / 'broken-exif.jpg').write_bytes(jpeg[:2] + broken + jpeg[2:])


if __name__ == '__main__':
    FOLDER.mkdir(exist_ok=True)
    warnings.simplefilter('ignore')  # about the EXIF data that is broken
    write_files()
    files = sorted(file for file in FOLDER.iterdir() if file.suffix != '.safetensors')
    tensors.write(FOLDER / 'expected.safetensors', {file.name: expected(file) for file in files})
    for file in sorted(FOLDER.iterdir()):
        print(f'{file.name}: {file.stat().st_size} bytes')
