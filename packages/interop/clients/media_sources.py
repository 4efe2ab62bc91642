"""What is published: a bar that moves over a background of noise, and a steady tone.

Every frame differs from the last, and a keyframe takes several packets.
"""

import math
import random

import av

WIDTH, HEIGHT = 320, 180
FRAMES_PER_SECOND = 15
VIDEO_CLOCK_HZ = 90_000
SAMPLE_RATE_HZ = 48_000
SAMPLES_PER_FRAME = 960
# A whole number of periods in a frame, so that all frames are the same.
TONE_HZ = 450
TONE_FRAME = b"".join(
    int(8000 * math.sin(2 * math.pi * TONE_HZ * index / SAMPLE_RATE_HZ)).to_bytes(2, "little", signed=True) * 2
    for index in range(SAMPLES_PER_FRAME)
)
GREY, WHITE = b"\x80", b"\xf0"
BAR_WIDTH = 16
NOISE_SEED = 1
# Of the visible part of the picture, row by row.
BACKGROUND = [bytes(random.Random(NOISE_SEED + row).choices(range(116, 140), k=WIDTH)) for row in range(HEIGHT)]


def draw_picture(index: int) -> av.VideoFrame:
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    luma, *chroma = frame.planes
    padding = bytes(luma.line_size - WIDTH)
    bar = (index * 4) % (WIDTH - BAR_WIDTH)
    rows = (row[:bar] + WHITE * BAR_WIDTH + row[bar + BAR_WIDTH :] + padding for row in BACKGROUND)
    luma.update(b"".join(rows))
    for plane in chroma:
        plane.update(GREY * plane.buffer_size)
    return frame


def make_tone() -> av.AudioFrame:
    frame = av.AudioFrame(format="s16", layout="stereo", samples=SAMPLES_PER_FRAME)
    frame.planes[0].update(TONE_FRAME)
    frame.sample_rate = SAMPLE_RATE_HZ
    return frame
