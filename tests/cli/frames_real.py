"""Several random frames of every real clip against ffmpeg's own of the same time: at most 2 levels apart in each channel
on the mean, and (the decoders being the same) the same frame: nearer to it than to any other that looks different."""
import glob
import os
import sys

import numpy as np

from frames_check import Verdict, chain, difference, frames_of, shown_by_ffmpeg, stream_of

SIZE = 200
clips = sorted(glob.glob(sys.argv[1] + "/*"))
colours = Verdict()
taken = {}
for seed in ("0", "1"):
    for about, picture in frames_of(clips, "--per-video", "3", "--seed", seed, "-j", "2"):
        taken.setdefault(about["source"], []).append((about["pts"], picture))
for clip in clips:
    name = os.path.basename(clip)
    if len(taken.get(clip, [])) < 2:
        print(f"{name}: no frames")
        continue
    stream = stream_of(clip)
    pictures, times = shown_by_ffmpeg(clip, chain(stream, SIZE), SIZE)
    if len(pictures) != len(times):
        print(f"{name}: ffmpeg shows {len(pictures)} frames and lists {len(times)}")
        continue
    for pts, picture in taken[clip]:
        at = int(np.nanargmin(np.abs(np.array(times) - pts)))
        if not abs(times[at] - pts) < 1e-5:
            print(f"{name}: no frame is shown at {pts}")
            continue
        colours.take(difference(picture, pictures[at]).max(), f"{name} at {pts}", 2)
        others = [difference(picture, p).max() for p in (pictures[max(0, at - 1)], pictures[min(len(times) - 1, at + 1)])]
        if difference(picture, pictures[at]).max() > min(others):
            print(f"{name} at {pts}: another frame")
colours.report("frames of real clips")
