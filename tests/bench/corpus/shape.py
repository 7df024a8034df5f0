#!/usr/bin/env python3
"""Says what a rollout's bytes are: shape.py FILE prints NAME VALUE lines.

compacted   percent of the bytes that are `compacted` records
pictures    percent that are image data within them
largest     length of the longest picture, in base64 characters
repeats     how often that picture stands in the file
outputs     percent that are command output, which each record holds three times
"""

import collections
import re
import sys

PICTURE = re.compile(rb'"data:image/png;base64,([^"]*)"')
OUTPUTS = re.compile(rb'"(?:stdout|aggregated_output|formatted_output)":"((?:[^"\\]|\\.)*)"')


def shape(lines):
    total = compacted = pictures = outputs = 0
    seen = collections.Counter()
    for line in lines:
        total += len(line)
        kind = line[:120]
        images = PICTURE.findall(line)
        # The first 64 characters of random base64 name the picture.
        seen.update((image[:64], len(image)) for image in images)
        if b'"type":"compacted"' in kind:
            compacted += len(line)
            pictures += sum(map(len, images))
        elif b"CommandExecution" in line[:400]:
            outputs += sum(map(len, OUTPUTS.findall(line)))
    (_, largest), repeats = max(seen.items(), key=lambda item: item[0][1], default=(("", 0), 0))
    yield "compacted", 100 * compacted / total
    yield "pictures", 100 * pictures / total
    yield "largest", largest
    yield "repeats", repeats
    yield "outputs", 100 * outputs / total


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], "rb") as file:
        for name, value in shape(file):
            print(f"{name} {value:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
