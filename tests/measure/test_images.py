"""Photographs as inputs: any size, any kind of pixel, upright, standardised one by one.

Covers: measure.preprocess.
"""

import numpy as np
import pytest
from PIL import Image

from jaxrf.errors import InvalidInput
from jaxrf.measure.images import PHOTOGRAPHS, load_images
from jaxrf.measure.preprocess import PREPROCESSES
from jaxrf.measure.recipes import RECIPES

RAMP = np.linspace(0, 1, 64 * 48).reshape(64, 48)


def saved(folder, **pictures):
    for name, picture in pictures.items():
        picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        picture.save(folder / name.replace("_", "."))
    return folder


def standardised(pixels):
    return (pixels - pixels.mean()) / pixels.std()


def test_photographs_of_scikit_image():
    pytest.importorskip("skimage")
    images = load_images("skimage", (1, 40, 60, 3))
    assert images.shape == (len(PHOTOGRAPHS), 40, 60, 3)
    assert images.dtype == np.float32
    assert np.abs(images.mean((1, 2, 3))).max() < 1e-5
    assert images.std((1, 2, 3)) == pytest.approx(1, abs=1e-4)
    assert len({image.tobytes() for image in images}) == len(PHOTOGRAPHS)
    assert np.array_equal(images, load_images("skimage", (1, 40, 60, 3)))


def test_a_picture_of_the_right_size_keeps_its_pixels(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (12, 9, 3), np.uint8)
    (image,) = load_images(saved(tmp_path, a_png=pixels), (1, 12, 9, 3))
    assert image == pytest.approx(standardised(pixels.astype(float)), abs=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(7, 300), (300, 7), (1, 1), (64, 48), (31, 33)])
def test_odd_sizes(size, channels, tmp_path):
    pixels = np.random.default_rng(1).integers(0, 255, (*size, 3), np.uint8)
    images = load_images(saved(tmp_path, a_png=pixels), (1, 32, 24, channels))
    assert images.shape == (1, 32, 24, channels)
    assert np.isfinite(images).all()


def test_the_middle_is_kept_where_the_aspect_differs(tmp_path):
    """A wide picture loses its sides, not its proportions."""
    pixels = np.zeros((20, 60), np.uint8)
    pixels[:, :20], pixels[:, 40:] = 255, 255
    pixels[8:12, 28:32] = 200
    (image,) = load_images(saved(tmp_path, a_png=pixels), (1, 20, 20, 1))
    assert image[:, :, 0] == pytest.approx(standardised(pixels[:, 20:40].astype(float)), abs=1e-5)


@pytest.mark.parametrize(
    "kind",
    ["8 bits", "16 bits", "32 bits", "float", "colour", "RGBA", "LA", "palette", "CMYK", "tiff 16"],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_kinds_of_pixels(kind, channels, tmp_path):
    """The same grey ramp in every kind gives the same input."""
    grey = Image.fromarray((255 * RAMP).round().astype(np.uint8))
    name, picture = {
        "8 bits": ("a.png", grey),
        "16 bits": ("a.png", Image.fromarray((65535 * RAMP).astype(np.uint16))),
        "32 bits": ("a.tif", Image.fromarray((1e6 * RAMP).astype(np.int32))),
        "float": ("a.tiff", Image.fromarray(RAMP.astype(np.float32))),
        "colour": ("a.png", grey.convert("RGB")),
        "RGBA": ("a.png", grey.convert("RGBA")),
        "LA": ("a.png", grey.convert("LA")),
        "palette": ("a.png", grey.convert("P")),
        "CMYK": ("a.tif", grey.convert("RGB").convert("CMYK")),
        "tiff 16": ("a.TIF", Image.fromarray((65535 * RAMP).astype(np.uint16))),
    }[kind]
    picture.save(tmp_path / name, format="TIFF" if "tif" in name.lower() else "PNG")
    (image,) = load_images(tmp_path, (1, 64, 48, channels))
    assert image.shape == (64, 48, channels)
    for channel in np.moveaxis(image, -1, 0):
        assert channel == pytest.approx(standardised(RAMP), abs=0.02)


def test_photographs_of_a_turned_camera_stand_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # stored a quarter turn to the left of upright
    picture = Image.fromarray((255 * RAMP).astype(np.uint8))
    upright = np.asarray(picture)
    picture.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "a.png", exif=exif)
    (image,) = load_images(tmp_path, (1, 64, 48, 1))
    assert image[:, :, 0] == pytest.approx(standardised(upright.astype(float)), abs=1e-4)


def test_a_uniform_picture_is_zero(tmp_path):
    assert not load_images(saved(tmp_path, a_png=np.full((8, 8), 77, np.uint8)), (1, 4, 4, 1)).any()


def test_files_come_in_the_order_of_their_names_and_others_are_left_out(tmp_path):
    names = "d_png b_PNG f_png a_png c_PNG e_png".split()
    for name in names:  # a bright pixel further and further along
        pixels = np.zeros((1, 6), np.uint8)
        pixels[0, "abcdef".index(name[0])] = 255
        saved(tmp_path, **{name: pixels})
    (tmp_path / "readme.txt").write_text("not an image")
    images = load_images(tmp_path, (1, 1, 6, 1))
    assert images[:, 0, :, 0].argmax(1).tolist() == list(range(6))


@pytest.mark.parametrize(
    "shape", [(8, 8), (1, 8, 8, 4), (2, 8, 8, 3), (1, 4, 8, 8), (4, 8, 8), (1, 8, 8, 8, 3)]
)
def test_inputs_that_are_no_images(shape, tmp_path):
    saved(tmp_path, a_png=np.eye(8, dtype=np.uint8))
    with pytest.raises(InvalidInput, match=r"need \(1, height, width, 1 or 3\)|need at least"):
        load_images(tmp_path, shape)


LAYOUTS = {  # shape of the input -> where the batch, the channels are; spatial axes and layout
    (1, 12, 9, 3): ((0, -1), {}),
    (1, 3, 12, 9): ((0, 1), {}),
    (12, 9, 3): ((None, -1), {}),
    (3, 12, 9): ((None, 0), {}),
    (1, 12, 9): ((None, 0), {"layout": "unbatched_channels_first"}),
    (12, 3, 9): ((None, 1), {"spatial_axes": (0, 2)}),
    (1, 12, 3, 9): ((0, 2), {"spatial_axes": (1, 3)}),
    (1, 3, 12, 9, "named"): ((0, 1), {"layout": "channels_first"}),
}


@pytest.mark.parametrize("shape", LAYOUTS)
@pytest.mark.parametrize("preprocess", PREPROCESSES)
def test_every_layout_has_the_same_pixels(shape, preprocess, tmp_path):
    (batch, channel), options = LAYOUTS[shape]
    shape = shape[:-1] if shape[-1] == "named" else shape
    pixels = np.random.default_rng(0).integers(0, 255, (12, 9, 3), np.uint8)
    folder, options = saved(tmp_path, a_png=pixels), {**options, "preprocess": preprocess}
    example = tuple(n for a, n in enumerate(shape) if a != batch)
    images = load_images(folder, shape, **options)
    assert images.shape == (1, *example)
    assert images.dtype == np.float32
    count = shape[channel]
    (expected,) = load_images(folder, (1, 12, 9, count), preprocess=preprocess)
    if batch is not None and channel > batch:
        channel -= 1
    assert np.array_equal(np.moveaxis(images[0], channel, -1), expected)


def test_a_grey_input_without_channels(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (12, 9), np.uint8)
    images = load_images(saved(tmp_path, a_png=pixels), (1, 12, 9), spatial_axes=(1, 2))
    assert images.shape in ((1, 12, 9), (1, 1, 12, 9))
    assert images.reshape(12, 9) == pytest.approx(standardised(pixels.astype(float)), abs=1e-5)


def test_preprocessing_by_its_formula(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (12, 9, 3), np.uint8)
    folder, unit = saved(tmp_path, a_png=pixels), pixels.astype(float) / 255
    expected = {
        "unit": unit,
        "bytes": pixels.astype(float),
        "symmetric": 2 * unit - 1,
        "imagenet": (unit - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
        "caffe": pixels[..., ::-1] - np.array([103.939, 116.779, 123.68]),
        "standardize": standardised(pixels.astype(float)),
    }
    assert set(expected) == set(PREPROCESSES)
    for name, values in expected.items():
        (image,) = load_images(folder, (1, 12, 9, 3), preprocess=name)
        assert image == pytest.approx(values, rel=1e-5, abs=1e-4), name


def test_pictures_of_16_bits_have_a_range_and_those_of_32_have_none(tmp_path):
    folder = saved(tmp_path, a_png=np.full((4, 4), 65535, np.uint16))
    assert load_images(folder, (1, 4, 4, 3), preprocess="unit") == pytest.approx(1.0)
    (tmp_path / "a.png").unlink()
    Image.fromarray(np.ones((4, 4), np.float32)).save(tmp_path / "a.tiff")
    with pytest.raises(InvalidInput, match="no known range"):
        load_images(tmp_path, (1, 4, 4, 3), preprocess="unit")


def test_an_unknown_preprocessing(tmp_path):
    with pytest.raises(InvalidInput, match=r"got 'tf', need one of standardize, unit"):
        load_images(tmp_path, (1, 4, 4, 3), preprocess="tf")


def test_folders_that_hold_none(tmp_path):
    with pytest.raises(InvalidInput, match="no image in"):
        load_images(tmp_path, (1, 8, 8, 3))
    with pytest.raises(InvalidInput, match="need a folder of images, or skimage"):
        load_images(tmp_path / "missing", (1, 8, 8, 3))


@pytest.mark.parametrize("kept", [0, 20, 60, 200])
def test_broken_files_are_named(kept, tmp_path):
    saved(tmp_path, a_png=np.random.default_rng(2).integers(0, 255, (64, 64, 3), np.uint8))
    file = tmp_path / "a.png"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InvalidInput, match=r"a\.png cannot be read .*; repair or remove it"):
        load_images(tmp_path, (1, 8, 8, 3))
    file.unlink()
    file.mkdir()
    with pytest.raises(InvalidInput, match=r"a\.png cannot be read"):
        load_images(tmp_path, (1, 8, 8, 3))


def test_pictures_as_the_scripts_of_recipes_make_them(tmp_path):
    """Squashed, cropped or by nearest pixels, in [0, 1] or over ImageNet's deviation."""
    pixels = np.random.default_rng(0).integers(0, 255, (12, 8, 3), np.uint8)
    folder = saved(tmp_path, a_png=pixels)

    def made(name):
        return load_images(folder, (1, 4, 4, 3), recipe=RECIPES[name])[0]

    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    squashed = np.asarray(Image.fromarray(pixels).resize((4, 4), Image.Resampling.BICUBIC)) / 255
    shorter = np.asarray(Image.fromarray(pixels).resize((4, 6), Image.Resampling.BICUBIC)) / 255
    assert made("replknet") == pytest.approx((squashed - mean) / deviation, abs=1e-5)
    assert made("vmamba") == pytest.approx((shorter[1:5] - mean) / deviation, abs=1e-5)
    assert made("mambair") == pytest.approx(pixels[::3, ::2] / 255, abs=1e-6)
