"""What an output keeps of the file that came in, written by one library and read by another."""

import io
import struct
import zlib
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, IptcImagePlugin, PngImagePlugin

from packshot.enhance.classical import plan_denoise, plan_exposure, plan_white_balance
from packshot.enhance.encoding import can_write, srgb_profile
from packshot.enhance.enhancer import take_values
from packshot.enhance.file_traits import MIN_JPEG_QUALITY, FileTraits, has_credentials, read_traits
from packshot.enhance.full_depth_steps import apply_steps_in_full
from packshot.enhance.gps_location import strip_location
from packshot.enhance.iptc import build_jpeg_segments, join_jpeg_segments, read_iptc_resource
from packshot.enhance.kept_encoding import encode_like
from packshot.enhance.loop import StepApplication
from packshot.enhance.matched_quality import MIN_QUALITIES
from packshot.enhance.step_candidates import StepCandidate
from packshot.errors import InvalidInput
from packshot.photo import Photo
from packshot.photo.full_depth import FullPhoto, open_in_full, round_to_8_bits
from packshot.photo.quality import quantisation_steps
from packshot.photo.webp_quality import webp_quality
from tests.conftest import ROOT, make_picture
from tests.photo.colour_files import ADOBE_RGB, DISPLAY_P3, SRGB_CURVE, make_profile

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" '
    b'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48,51N" '
    b'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType='
    b'"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" '
    b'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="0123"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def make_data_set(number, text):
    return bytes((0x1C, 2, number)) + struct.pack(">H", len(text)) + text


IPTC = make_data_set(80, b"A. Photographer") + make_data_set(90, b"Oslo") + make_data_set(116, b"2026")
DEEP = np.random.default_rng(38).integers(2000, 60000, (40, 60, 3)).astype(np.uint16)
GREY = DEEP[..., :1].repeat(3, axis=2)


def write_deep(kind, samples):
    """A file of 16 bits, by OpenCV."""
    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}.get(samples.shape[-1])
    ordered = samples if samples.ndim == 2 or order is None else cv2.cvtColor(samples, order)
    return cv2.imencode("." + kind.lower(), ordered)[1].tobytes()


def write_grey_alpha_png(samples):
    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 16, 4, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    )


def read_deep(data):
    """(H, W) or (H, W, 3), by OpenCV."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return decoded if decoded.ndim == 2 else decoded[..., ::-1]


SMOOTH = np.stack(
    [np.tile(np.linspace(0, 65535, 640), (48, 1)), np.full((48, 640), 30000), np.full((48, 640), 9000)],
    2,
).astype(np.uint16)
"""More levels in red than 8 bits have."""


def write_tiff_with_opacity(samples):
    tifffile = pytest.importorskip("tifffile", reason="tifffile comes with scikit-image")
    file = io.BytesIO()
    tifffile.imwrite(
        file, samples, photometric="rgb", extrasamples=["unassalpha"], predictor=True, compression="zlib"
    )
    return file.getvalue()


def write_avif(values, bits):
    settings = [cv2.IMWRITE_AVIF_DEPTH, bits, cv2.IMWRITE_AVIF_QUALITY, 95]
    return cv2.imencode(".avif", values[..., ::-1].copy(), settings)[1].tobytes()


def encode_deep_like(full, kind, data):
    values, traits = take_values(full, read_traits(data))
    return encode_like(values, kind, traits)


def make_application(plan, amount=1.0):
    return StepApplication(StepCandidate("step", plan), amount)


class TestDepth:
    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    def test_opacity_of_16_bits_stays(self, kind):
        """TIFFs of 16 bits with opacity came out with 8 and without it."""
        opaque = np.concatenate([DEEP, np.full((*DEEP.shape[:2], 1), 65535, np.uint16)], axis=2)
        data = write_deep(kind, opaque) if kind == "PNG" else write_tiff_with_opacity(opaque)
        full = open_in_full(data)
        assert full.bits == 16
        assert full.has_opacity
        assert np.array_equal(full.values, DEEP)
        written = encode_deep_like(full, kind, data)
        decoded = cv2.imdecode(np.frombuffer(written, np.uint8), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(cv2.cvtColor(decoded, cv2.COLOR_BGRA2RGBA), opaque)
        assert Photo.open(written).facts.bit_depth == 16

    def test_another_reader_finds_the_opacity_of_a_tiff(self):
        tifffile = pytest.importorskip("tifffile", reason="tifffile comes with scikit-image")
        full = FullPhoto(DEEP, 16, has_opacity=True)
        written = encode_deep_like(full, "TIFF", b"")
        with tifffile.TiffFile(io.BytesIO(written)) as file:
            assert file.pages[0].asarray().shape == (*DEEP.shape[:2], 4)
            assert file.pages[0].extrasamples == (2,)

    def test_a_tiff_that_is_clear_in_places_is_no_photo_to_enhance(self):
        clear = np.concatenate([DEEP, np.full((*DEEP.shape[:2], 1), 65535, np.uint16)], axis=2)
        clear[5, 5, 3] = 0
        assert open_in_full(write_tiff_with_opacity(clear)) is None
        assert Photo.open(write_tiff_with_opacity(clear)).facts.has_alpha

    def test_a_fourth_sample_that_is_no_opacity_is_none(self):
        full = open_in_full(write_deep("TIFF", np.concatenate([DEEP, DEEP[..., :1]], axis=2)))
        assert not full.has_opacity
        assert np.array_equal(full.values, DEEP)

    @pytest.mark.parametrize("bits", [10, 12])
    def test_avif_keeps_its_bits(self, bits):
        data = write_avif(SMOOTH >> (16 - bits), bits)
        full = open_in_full(data)
        assert full.bits == Photo.open(data).facts.bit_depth == bits
        assert np.abs(full.values.astype(int) - SMOOTH).max() < 3 * 257
        assert np.unique(full.values[..., 0]).size > 300  # Of 8 bits there were 256 at most.
        written = encode_deep_like(full, "AVIF", data)
        again = open_in_full(written)
        assert again.bits == bits
        assert np.abs(again.values.astype(int) - full.values).mean() < 0.5 * 257
        assert encode_deep_like(full, "AVIF", data) == written

    def test_heic_keeps_ten_bits(self):
        heif = pytest.importorskip("pillow_heif", reason="the extra for HEIC is not installed")
        file = io.BytesIO()
        heif.from_bytes("RGB;16", SMOOTH.shape[1::-1], SMOOTH.tobytes()).save(file, quality=95)
        full = open_in_full(file.getvalue())
        assert full.bits == 10
        assert np.abs(full.values.astype(int) - SMOOTH).mean() < 257
        again = open_in_full(encode_deep_like(full, "HEIF", file.getvalue()))
        assert again.bits == 10
        assert np.abs(again.values.astype(int) - full.values).mean() < 0.5 * 257

    def test_ten_bits_become_16_in_a_png_and_8_in_a_jpeg(self):
        data = write_avif(SMOOTH >> 6, 10)
        full = open_in_full(data)
        assert np.array_equal(open_in_full(encode_deep_like(full, "PNG", data)).values, full.values)
        assert Photo.open(encode_deep_like(full, "JPEG", data)).facts.bit_depth == 8

    def test_metadata_of_deep_avif_stay(self):
        traits = replace(read_traits(make_documented("JPEG")), bits=10)
        kept = read_traits(encode_like(SMOOTH, "AVIF", traits))
        assert b"trainedAlgorithmicMedia" in kept.xmp
        assert b"Maker" in kept.exif
        assert Photo.open(encode_like(SMOOTH, "AVIF", traits)).facts.exif["Copyright"] == "(c) Shop"

    @pytest.mark.parametrize("orientation", [1, 3, 6])
    def test_deep_avif_is_turned_as_it_says(self, orientation):
        exif = Image.Exif()
        exif[0x0112] = orientation
        plain = write_avif(SMOOTH >> 6, 10)
        settings = [cv2.IMWRITE_AVIF_DEPTH, 10, cv2.IMWRITE_AVIF_QUALITY, 95]
        block = np.frombuffer(exif.tobytes().removeprefix(b"Exif\0\0"), np.uint8)
        _, turned = cv2.imencodeWithMetadata(
            ".avif", (SMOOTH >> 6)[..., ::-1].copy(), [cv2.IMAGE_METADATA_EXIF], [block], settings
        )
        full = open_in_full(turned.tobytes())
        photo = Photo.open(turned.tobytes())
        assert full.values.shape == photo.pixels.shape
        assert np.abs(round_to_8_bits(full.values).astype(int) - photo.pixels).max() <= 4
        assert plain

    def test_a_deep_avif_that_is_cut_short_is_refused(self):
        data = write_avif(SMOOTH >> 6, 10)
        with pytest.raises(Exception, match=r"."):
            open_in_full(data[: len(data) // 2])

    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    @pytest.mark.parametrize("mode", ["grey", "RGB", "RGBA", "grey and alpha"])
    def test_16_bits_come_back_to_the_last(self, kind, mode):
        opaque = np.full((*DEEP.shape[:2], 1), 65535, np.uint16)
        if mode == "grey and alpha":
            if kind == "TIFF":
                pytest.skip("OpenCV writes no TIFF of grey with opacity")
            data = write_grey_alpha_png(np.concatenate([GREY[..., :1], opaque], axis=2))
        else:
            samples = {"grey": GREY[..., 0], "RGB": DEEP, "RGBA": np.concatenate([DEEP, opaque], axis=2)}
            data = write_deep(kind, samples[mode])
        full = open_in_full(data)
        expected = DEEP if "RGB" in mode else GREY
        assert full.bits == 16
        assert np.array_equal(full.values, expected)
        assert full.is_grey is ("grey" in mode)
        traits = replace(read_traits(data), is_grey=full.is_grey)
        written = encode_like(full.values, kind, traits)
        planes = expected if "RGB" in mode else expected[..., 0]
        assert np.array_equal(read_deep(written), planes)
        assert Photo.open(written).facts.bit_depth == 16

    @pytest.mark.parametrize("plan", [plan_exposure, plan_white_balance])
    def test_curves_are_worked_out_in_16_bits(self, plan):
        dark = np.linspace(300, 9000, 240 * 320).reshape(240, 320, 1) * np.array([1.3, 1.0, 0.7])
        if plan is plan_white_balance:
            dark = 5 * dark + 12000 * np.array([1.3, 1.0, 0.7])
            dark[:50] = dark[-50:] = dark[:, :50] = dark[:, -50:] = np.array([60000, 56000, 45000])
        values = dark.astype(np.uint16)
        step = plan(round_to_8_bits(values))
        assert step is not None
        changed = apply_steps_in_full(FullPhoto(values, 16), [make_application(plan)]).values
        coarse = step.apply(round_to_8_bits(values))
        assert np.abs(changed / 257 - coarse).max() < 4  # Half a level, times the slope.
        assert np.unique(changed[..., 0]).size > 4 * np.unique(coarse[..., 0]).size
        assert (np.diff(changed[100:140, 100:200, 0].astype(int).ravel()[:100]) >= 0).all()

    def test_other_steps_add_a_difference_and_leave_the_low_bits(self):
        generator = np.random.default_rng(1)
        noisy = np.clip(30000 + generator.normal(0, 8 * 257, (128, 128, 3)), 0, 65535).astype(np.uint16)
        changed = apply_steps_in_full(FullPhoto(noisy, 16), [make_application(plan_denoise)]).values
        assert changed.std() < 0.5 * noisy.std()
        difference = changed.astype(int) - noisy
        assert (difference % 257 == 0).all()

    def test_no_step_changes_no_number(self):
        profile = make_profile(2.2, ADOBE_RGB)
        data = Image.open(io.BytesIO(write_deep("PNG", DEEP)))
        assert data.size == (60, 40)
        full = FullPhoto(DEEP, 16, False, open_in_full(png_with_profile(DEEP, profile)).space, profile)
        assert np.array_equal(apply_steps_in_full(full, []).values, DEEP)

    def test_formats_of_8_bits_get_8(self):
        assert Photo.open(encode_like(DEEP, "JPEG", FileTraits())).facts.bit_depth == 8

    def test_other_arrays_are_refused(self):
        with pytest.raises(InvalidInput, match="8 or 16 bits"):
            encode_like(DEEP.astype(np.float32), "PNG", FileTraits())


def png_with_profile(values, profile):
    return encode_like(values, "PNG", FileTraits(format="PNG", profile=profile))


class TestProfile:
    @pytest.mark.parametrize("name", ["Display P3", "Adobe RGB"])
    @pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP"])
    def test_a_wide_gamut_is_kept_and_no_colour_clipped(self, name, kind):
        curve, primaries = {"Display P3": (SRGB_CURVE, DISPLAY_P3), "Adobe RGB": (2.2, ADOBE_RGB)}[name]
        profile = make_profile(curve, primaries, version=2)
        # A green that sRGB does not hold, beside a grey that is made lighter.
        picture = np.zeros((64, 64, 3), np.uint8) + np.uint8([20, 250, 30])
        picture[:, 32:] = 90
        file = io.BytesIO()
        options = {"quality": 95} if kind in ("JPEG", "WEBP") else {}
        Image.fromarray(picture).save(file, kind, icc_profile=profile, **options)
        full = open_in_full(file.getvalue())
        before = full.to_srgb()
        after = before.copy()
        after[:, 32:] += np.uint16(257 * 20)
        changed = full.with_change(before, after)
        traits = read_traits(file.getvalue())
        assert traits.profile == b""  # Its numbers are not those of `Photo`.
        written = encode_like(
            round_to_8_bits(changed.values), kind, replace(traits, profile=changed.profile)
        )
        image = Image.open(io.BytesIO(written))
        assert image.info["icc_profile"] == profile
        assert np.abs(np.asarray(image.convert("RGB"))[32, 10].astype(int) - (20, 250, 30)).max() <= 6
        srgb = ImageCms.profileToProfile(
            image.convert("RGB"),
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
        )
        expected = Photo.open(file.getvalue()).pixels[32, 50].astype(int) + 20
        assert np.abs(np.asarray(srgb)[32, 50] - expected).max() <= 3

    @pytest.mark.parametrize("mode", ["CMYK", "L", "P", "1", "RGB"])
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
    def test_no_profile_contradicts_its_pixels(self, mode, kind):
        source_kind = {"CMYK": "JPEG", "P": "PNG", "1": "PNG"}.get(mode, kind)
        image = Image.fromarray(make_picture(40, 50)).convert(mode)
        file = io.BytesIO()
        image.save(file, source_kind, **({"icc_profile": srgb_profile()} if mode == "RGB" else {}))
        photo = Photo.open(file.getvalue())
        written = encode_like(photo.pixels, kind, read_traits(file.getvalue()))
        result = Image.open(io.BytesIO(written))
        profile = result.info.get("icc_profile", b"")
        assert result.mode in ("L", "RGB")
        assert profile[16:20] in ({"L": (b"", b"GRAY"), "RGB": (b"RGB ",)}[result.mode])
        limit = 30 if kind == "WEBP" else 4  # Its chroma is halved; colours of a palette are noise.
        assert np.abs(np.asarray(result.convert("RGB")).astype(int) - photo.pixels).mean() < limit

    def test_a_grey_photo_stays_grey_with_its_curve(self):
        profile = make_profile(1.8, grey=True)
        file = io.BytesIO()
        Image.fromarray(make_picture(40, 50)[..., 0]).save(file, "JPEG", quality=95, icc_profile=profile)
        full = open_in_full(file.getvalue())
        written = encode_like(
            round_to_8_bits(full.values), "JPEG", FileTraits(is_grey=True, profile=full.profile)
        )
        image = Image.open(io.BytesIO(written))
        assert (image.mode, image.info["icc_profile"]) == ("L", profile)

    @pytest.mark.parametrize("kind", ["BMP", "WEBP", "AVIF"])
    @pytest.mark.parametrize("grey", [False, True])
    def test_what_cannot_hold_a_profile_gets_srgb(self, kind, grey):
        profile = make_profile(1.0, grey=True) if grey else make_profile(SRGB_CURVE, DISPLAY_P3)
        picture = np.zeros((32, 32, 3), np.uint8) + np.uint8([120, 120, 120] if grey else [200, 90, 80])
        written = encode_like(picture, kind, FileTraits(is_grey=grey, profile=profile))
        expected = [181] * 3 if grey else [215, 82, 74]
        assert np.abs(Photo.open(written).pixels[9, 9].astype(int) - expected).max() <= 3

    def test_exif_says_what_colours_there_are(self):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0xA001] = 65535
        exif[0x010F] = "Maker"
        traits = FileTraits(exif=exif.tobytes())
        plain = Image.open(io.BytesIO(encode_like(make_picture(20, 30), "JPEG", traits)))
        assert plain.getexif().get_ifd(0x8769)[0xA001] == 1


def make_documented(kind, orientation=1):
    """A file with resolution, XMP, IPTC, EXIF and places in all of them."""
    exif = Image.Exif()
    exif[0x010F], exif[0x8298], exif[0x013B], exif[0x0112] = "Maker", "(c) Shop", "Artist", orientation
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 30.0)
    options = {"dpi": (300, 200), "exif": exif}
    if kind == "JPEG":
        options |= {"xmp": XMP, "extra": build_jpeg_segments(IPTC), "comment": b"a remark"}
    elif kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
        texts.add_text("Author", "A. Photographer")
        options["pnginfo"] = texts
    elif kind == "TIFF":
        info = {tag: exif[tag] for tag in (0x010F, 0x8298, 0x013B, 0x0112)}
        options = {"dpi": (300, 200), "tiffinfo": info | {700: XMP, 33723: IPTC}}
    else:
        options["xmp"] = XMP
    file = io.BytesIO()
    Image.fromarray(make_picture(40, 60)).save(file, kind, **options)
    return file.getvalue()


class TestMetadata:
    @pytest.mark.parametrize("source", ["JPEG", "PNG", "TIFF", "WEBP"])
    @pytest.mark.parametrize("target", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
    @pytest.mark.parametrize("orientation", [1, 6])
    def test_it_is_kept_without_a_place_and_upright(self, source, target, orientation):
        data = make_documented(source, orientation)
        photo = Photo.open(data)
        written = encode_like(photo.pixels, target, read_traits(data))
        assert not strip_location(written).had_location
        assert b"Oslo" not in written
        result = Photo.open(written)
        assert result.pixels.shape == photo.pixels.shape
        assert np.abs(result.pixels.astype(int) - photo.pixels).mean() < 5
        assert result.facts.exif["Copyright"] == "(c) Shop"
        assert result.facts.exif["Artist"] == "Artist"
        kept = read_traits(written)
        assert b"trainedAlgorithmicMedia" in kept.xmp
        assert b'tiff:Orientation="1"' in kept.xmp
        assert b"HasExtendedXMP" not in kept.xmp
        if source in ("JPEG", "TIFF") and target in ("JPEG", "TIFF", "PNG"):
            assert make_data_set(80, b"A. Photographer") in kept.iptc
        if source != "WEBP" and target in ("JPEG", "PNG", "TIFF"):
            expected = (200, 300) if orientation == 6 and source != "TIFF" else (300, 200)
            found = Image.open(io.BytesIO(written)).info["dpi"]
            if source != "TIFF":
                assert found == pytest.approx(expected, abs=0.1)

    def test_iptc_of_a_jpeg_is_where_others_look_for_it(self):
        written = encode_like(make_picture(40, 60), "JPEG", read_traits(make_documented("JPEG")))
        found = IptcImagePlugin.getiptcinfo(Image.open(io.BytesIO(written)))
        assert found[(2, 80)] == b"A. Photographer"
        assert found[(2, 90)].strip() == b""

    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    def test_deep_files_have_it_too(self, kind):
        traits = read_traits(make_documented("JPEG"))
        written = encode_like(DEEP, kind, traits)
        assert np.array_equal(read_deep(written), DEEP)
        kept = read_traits(written)
        assert b"trainedAlgorithmicMedia" in kept.xmp
        assert make_data_set(116, b"2026") in kept.iptc
        assert kept.dpi == pytest.approx((300, 200), abs=0.1)
        assert Photo.open(written).facts.exif["Copyright"] == "(c) Shop"

    @pytest.mark.parametrize("compression", ["raw", None])
    def test_another_reader_reads_deep_tiffs(self, compression):
        tifffile = pytest.importorskip("tifffile", reason="tifffile comes with scikit-image")
        traits = replace(read_traits(make_documented("JPEG")), compression=compression)
        written = encode_like(DEEP, "TIFF", traits)
        with tifffile.TiffFile(io.BytesIO(written)) as file:
            assert np.array_equal(file.pages[0].asarray(), DEEP)
            tags = file.pages[0].tags
            assert tags["Copyright"].value == "(c) Shop"
            assert tags["XResolution"].value[0] / tags["XResolution"].value[1] == 300

    def test_texts_of_a_png_stay(self):
        written = encode_like(make_picture(20, 30), "PNG", read_traits(make_documented("PNG")))
        assert Image.open(io.BytesIO(written)).text["Author"] == "A. Photographer"

    def test_a_resolution_that_makes_no_sense_is_left_out(self):
        file = io.BytesIO()
        Image.fromarray(make_picture(20, 30)).save(file, "TIFF", dpi=(1e9, 300))
        traits = read_traits(file.getvalue())
        assert traits.dpi is None
        assert Photo.open(encode_like(make_picture(20, 30), "JPEG", traits)).facts.width == 30

    def test_location_stays_where_it_is_wanted(self):
        traits = read_traits(make_documented("JPEG"), keep_location=True)
        assert b"GPSLatitude" in traits.xmp
        assert b"Oslo" in traits.iptc

    def test_a_manifest_is_seen(self):
        box = bytes.fromhex("6332706100110010800000aa00389b71")
        assert has_credentials(b"\xff\xd8\xff\xeb..jumb....jumd" + box)
        assert not has_credentials(make_documented("JPEG"))

    def test_long_iptc_takes_several_segments(self):
        data = make_data_set(120, b"x" * 30000) * 4
        file = io.BytesIO()
        Image.fromarray(make_picture(8, 8)).save(file, "JPEG", extra=build_jpeg_segments(data))
        image = Image.open(io.BytesIO(file.getvalue()))
        segments = [content for name, content in image.applist if name == "APP13"]
        assert len(segments) == 2
        assert read_iptc_resource(join_jpeg_segments(segments)) == data

    @pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"no photo at all" * 9])
    def test_what_is_no_photo_has_no_traits(self, data):
        assert read_traits(data) == FileTraits()


class TestStorage:
    @pytest.mark.parametrize("quality", [MIN_JPEG_QUALITY, 93, 97, 100])
    @pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
    @pytest.mark.parametrize("progressive", [False, True])
    def test_a_jpeg_is_quantised_as_it_was(self, quality, sampling, progressive):
        file = io.BytesIO()
        Image.fromarray(make_picture(64, 64)).save(
            file, "JPEG", quality=quality, subsampling=sampling, progressive=progressive
        )
        before = Image.open(io.BytesIO(file.getvalue()))
        written = encode_like(make_picture(64, 64), "JPEG", read_traits(file.getvalue()))
        after = Image.open(io.BytesIO(written))
        assert after.quantization == before.quantization
        assert [layer[1:3] for layer in after.layer] == [layer[1:3] for layer in before.layer]
        assert bool(after.info.get("progressive")) is progressive

    @pytest.mark.parametrize("quality", [5, 10, 40, MIN_JPEG_QUALITY - 1])
    def test_a_damaged_one_is_not_damaged_again(self, quality):
        file = io.BytesIO()
        Image.fromarray(make_picture(64, 64)).save(file, "JPEG", quality=quality, subsampling="4:2:0")
        written = encode_like(make_picture(64, 64), "JPEG", read_traits(file.getvalue()))
        facts = Photo.open(written).facts
        assert facts.jpeg_quality == MIN_JPEG_QUALITY
        assert np.array_equal(
            np.reshape(Image.open(io.BytesIO(written)).quantization[0], (8, 8)),
            quantisation_steps(MIN_JPEG_QUALITY),
        )

    def test_a_webp_without_loss_has_none_after(self):
        file = io.BytesIO()
        Image.fromarray(make_picture(40, 60)).save(file, "WEBP", lossless=True)
        written = encode_like(make_picture(40, 60), "WEBP", read_traits(file.getvalue()))
        assert b"VP8L" in written
        decoded = cv2.imdecode(np.frombuffer(written, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        assert np.array_equal(decoded, make_picture(40, 60))

    @pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate"])
    def test_a_tiff_is_compressed_as_it_was(self, compression):
        file = io.BytesIO()
        Image.fromarray(make_picture(40, 60)).save(file, "TIFF", compression=compression)
        written = encode_like(make_picture(40, 60), "TIFF", read_traits(file.getvalue()))
        assert Image.open(io.BytesIO(written)).info["compression"] == compression
        assert np.array_equal(read_deep(written), make_picture(40, 60))

    @pytest.mark.parametrize("quality", [90, 95, 98])
    def test_the_quality_of_a_webp_is_followed(self, quality):
        """It was 95 whatever came in."""
        data = write_lossy("WEBP", quality)
        assert abs(read_traits(data).lossy_quality - quality) <= 4
        written = encode_like(PHOTO, "WEBP", read_traits(data))
        assert abs(webp_quality(written) - webp_quality(data)) <= 2
        assert len(written) == pytest.approx(len(data), rel=0.15)

    @pytest.mark.parametrize("quality", [84, 92])
    def test_the_quality_of_an_avif_is_followed(self, quality):
        data = write_lossy("AVIF", quality)
        assert abs(read_traits(data).lossy_quality - quality) <= 3
        assert len(encode_like(PHOTO, "AVIF", read_traits(data))) == pytest.approx(len(data), rel=0.2)

    def test_the_quality_of_a_heic_is_followed(self):
        pytest.importorskip("pillow_heif", reason="the extra for HEIC is not installed")
        assert can_write("HEIF")
        data = write_lossy("HEIF", 75)
        assert abs(read_traits(data).lossy_quality - 75) <= 4

    @pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
    def test_repairs_of_a_damaged_file_are_not_quantised_away(self, kind):
        traits = read_traits(write_lossy(kind, 20))
        assert traits.lossy_quality <= MIN_QUALITIES[kind]
        assert traits.output_quality == MIN_QUALITIES[kind]

    @pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
    def test_what_has_no_loss_has_none_after(self, kind):
        if kind == "HEIF":
            pytest.importorskip("pillow_heif", reason="the extra for HEIC is not installed")
            assert can_write("HEIF")
            data = write_lossy("HEIF", -1, chroma=444, matrix_coefficients=0)
        else:
            data = cv2.imencode(".avif", PHOTO[..., ::-1], [cv2.IMWRITE_AVIF_QUALITY, 100])[1].tobytes()
        traits = read_traits(data)
        assert traits.is_lossless
        changed = PHOTO // 2
        assert np.array_equal(Photo.open(encode_like(changed, kind, traits)).pixels, changed)

    @pytest.mark.parametrize("cut", [13, 25, 31, 36])
    def test_a_webp_that_is_cut_short_has_no_quality(self, cut):
        data = write_lossy("WEBP", 80)
        place = data.find(b"VP8 ")
        assert webp_quality(data[: place + cut - 12]) is None


PHOTO = Photo.open(ROOT / "examples/photos/mug.jpg", max_side=300).pixels


def write_lossy(kind, quality, **options):
    file = io.BytesIO()
    Image.fromarray(PHOTO).save(file, kind, quality=quality, **options)
    return file.getvalue()
