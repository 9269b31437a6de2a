"""Makes an animated picture of the frames in a folder, whose names are their times in ms: record.py FOLDER FILE."""

import sys
from pathlib import Path

from PIL import Image

LONGEST = 4000  # ms that a frame is shown at most
folder, file = sys.argv[1:]
frames = sorted(Path(folder).glob("*.png"))
times = [int(frame.stem) for frame in frames]
shown = [min(after - before, LONGEST) for before, after in zip(times, times[1:])] + [LONGEST]
assert sum(shown) <= 30_000, f"{sum(shown)} ms is longer than 30 s"
first, *rest = [Image.open(frame).convert("RGB") for frame in frames]
first.save(file, save_all=True, append_images=rest, duration=shown, loop=0, quality=70, method=4, minimize_size=True)
print(f"{file}: {len(frames)} frames, {sum(shown) / 1000:.1f} s, {Path(file).stat().st_size // 1024} KB")
