"""Bytes to pixels, pixels to numbers. The only room that opens an untrusted file; numpy and Pillow, never torch."""
