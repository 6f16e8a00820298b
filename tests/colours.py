#!/usr/bin/python3
"""How far colours are apart, to the eye that sees them worst.

Reads lines of NAME RRGGBB, prints NAME NAME DISTANCE for every pair: the smallest distance in
CIE L*a*b* under ordinary sight, protanopia, deuteranopia and tritanopia. Around 2 can just be
told apart side by side.
"""
import itertools
import math
import sys

# What is left of linear red, green and blue (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHT = {
    "ordinary": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
WHITE = [0.9505, 1.0, 1.089]


def times(matrix, v):
    return [sum(a * b for a, b in zip(row, v)) for row in matrix]


def linear(text):
    values = [int(text[k:k + 2], 16) / 255 for k in (0, 2, 4)]
    return [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]


def lab(text, sight):
    seen = [min(1, max(0, v)) for v in times(SIGHT[sight], linear(text))]
    x, y, z = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in
               (a / w for a, w in zip(times(XYZ, seen), WHITE))]
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def main():
    colours = [line.split() for line in sys.stdin if line.strip()]
    for (a, x), (b, y) in itertools.combinations(colours, 2):
        print(a, b, "%.1f" % min(math.dist(lab(x, s), lab(y, s)) for s in SIGHT))


main()
