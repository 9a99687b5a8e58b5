"""Which format the bytes are, by content and never by name; and what the ones that are refused appear to be."""

from __future__ import annotations

from pathlib import PurePath

AVIF_BRANDS = {b"avif", b"avis"}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}

EXTENSIONS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif", ".avifs"),
    "HEIF": (".heic", ".heif", ".heics", ".heifs", ".hif"),
}
ACCEPTED = "JPEG, PNG, WebP, BMP, GIF, TIFF, AVIF and HEIC"

# Beginnings of formats that are not decoded here, and what to call them.
REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "an EPS file"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"gimp xcf", "a GIMP document"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"OggS", "an Ogg sound or film"),
    (b"ID3", "an MP3 sound"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM film"),
    (b"\x00\x00\x01\x00", "a Windows icon"),
    (b"DDS ", "a DirectDraw texture"),
    (b"#!", "a script"),
)


def detect(data: bytes) -> str | None:
    """The name of an accepted format, or None."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    # "BM" alone begins many a text; a picture has one of the known header sizes too.
    if data[:2] == b"BM" and data[14:18] in {bytes((size, 0, 0, 0)) for size in (12, 16, 40, 52, 56, 64, 108, 124)}:
        return "BMP"
    return detect_boxes(data) if data[4:8] == b"ftyp" else None


def detect_boxes(data: bytes) -> str | None:
    """AVIF or HEIF from the brands of an ISO media file; a film has neither."""
    length = min(int.from_bytes(data[:4], "big"), 512, len(data))
    brands = {data[8:12]} | {data[at : at + 4] for at in range(16, length - 3, 4)}
    if brands & AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & HEIF_BRANDS or data[8:12] in (b"mif1", b"msf1") else None


def describe(data: bytes) -> str:
    """What a refused file appears to be, as words that follow "It appears to be"."""
    for start, words in REFUSED:
        if data.startswith(start):
            return words
    if data[4:8] == b"ftyp":
        return "a film or a picture in an unknown ISO media format"
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<"):
        if b"<svg" in head:
            return "an SVG drawing"
        return "a web page" if b"<html" in head or head.startswith(b"<!doctype html") else "an XML or HTML text"
    if len(data) > 262 and data[257:262] == b"ustar":
        return "a tar archive"
    if not data.strip(b"\0"):
        return "nothing but zero bytes"
    # A letter of several bytes may be cut at the end of what is looked at.
    readable = head.decode("utf-8", "replace").count("\ufffd") <= 1 and all(byte >= 32 or byte in (9, 10, 13) for byte in head)
    return "a text" if head and readable else "no kind of file known here"


def declared_type(name: str) -> str | None:
    """The format that the extension of the name claims, or None if it claims none of the accepted ones."""
    suffix = PurePath(name).suffix.lower()
    return next((kind for kind, suffixes in EXTENSIONS.items() if suffix in suffixes), None)
