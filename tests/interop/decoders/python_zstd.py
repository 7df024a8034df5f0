"""Decodes argv[1] into argv[2] at once with Python's zstd."""

import sys

import zstd

with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as target:
    target.write(zstd.decompress(source.read()))
