"""Decodes argv[1] into argv[2] as a stream with Python's zstandard."""

import sys

import zstandard

with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as target:
    zstandard.ZstdDecompressor().copy_stream(source, target)
