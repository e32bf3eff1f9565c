"""`python -I child.py TYPE`: reads a picture from standard input, writes it anew to the output.

Everything but the pixels stays behind: EXIF with its place and camera, comments, thumbnails, colour
profiles, further frames, whatever hangs on the end. Decoders of pictures are the kind of code that
gets broken into, so this process is given nothing: no environment, no files, no sockets, little
memory and time. It imports nothing of ours. Exit status 3: too many pixels; 4: not such a picture.
"""

import contextlib
import io
import resource
import sys

import pillow_heif

# Pillow imports most of these when it meets something that needs them, which is too late here.
from PIL import (
    Image,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

MEGAPIXELS = 40
MEMORY = 1536 * 1024 * 1024  # bytes of addresses; decoding 40 megapixels of HEIC needs about 1 GB
CPU_SECONDS = 18
TOO_MANY_PIXELS, BROKEN = 3, 4
LARGEST_PNG = 10 * 1024 * 1024  # bytes; a photo that somebody saved as PNG becomes a JPEG
QUALITY = 90
WEBP_METHOD = 2  # of 0 to 6: half the time of the usual 4
FORMATS = {
    "image/jpeg": ("JPEG", "JPEG"),
    "image/png": ("PNG", "PNG"),
    "image/webp": ("WEBP", "WEBP"),
    "image/heic": ("HEIF", "JPEG"),
}
"""Type → what it is decoded as, what it is encoded as: few programs of departments open HEIC."""
MODES = {
    "JPEG": ("L", "RGB"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "WEBP": ("RGB", "RGBA"),
}
MARKS = {"JPEG": b"J", "PNG": b"P", "WEBP": b"W"}
PLUGINS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)


def main() -> int:
    """Make one picture anew; return the exit status."""
    decoded_as, encoded_as = FORMATS[sys.argv[1]]
    pillow_heif.register_heif_opener()
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = None  # counted below, by our own measure
    _give_up_rights()
    content = sys.stdin.buffer.read()
    try:
        with Image.open(io.BytesIO(content), formats=[decoded_as]) as picture:
            width, height = picture.size
            if width * height > MEGAPIXELS * 1_000_000:
                return TOO_MANY_PIXELS
            answer = _encode(picture, encoded_as)
    except Exception:  # noqa: BLE001 - whatever a decoder meets, the picture is broken
        return BROKEN
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return 0


def _give_up_rights() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # No file, socket or pipe can be opened from here on.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _encode(picture: Image.Image, encoded_as: str) -> bytes:
    """Return the picture, upright, with the mark of its format before it."""
    upright = ImageOps.exif_transpose(picture)
    # What encoders would take over from here: profiles, comments, XMP.
    kept = upright.info.get("transparency") if encoded_as == "PNG" else None
    upright.info = {} if kept is None else {"transparency": kept}
    if upright.mode not in MODES[encoded_as]:
        alpha = "A" in upright.getbands() and encoded_as != "JPEG"
        upright = upright.convert("RGBA" if alpha else "RGB")
    answer = io.BytesIO()
    upright.save(answer, encoded_as, quality=QUALITY, method=WEBP_METHOD)
    if encoded_as == "PNG" and answer.tell() > LARGEST_PNG:
        return _encode(upright, "JPEG")
    return MARKS[encoded_as] + answer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
