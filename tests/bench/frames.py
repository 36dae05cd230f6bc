"""Times nonna-frames against ffmpeg on one core: see frames.sh."""
import json
import os
import statistics
import subprocess
import sys
import tarfile
import time

rounds, clips = int(sys.argv[1]), sys.argv[2:]
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
subprocess.run(["nonna-frames", "-q", "-j", "1", "-o", "all.tar", *clips], stdin=subprocess.DEVNULL)
with tarfile.open("all.tar") as archive:
    taken = [json.loads(archive.extractfile(m).read()) for m in archive if m.name.endswith(".json")]


def ffmpeg_command(about):
    x, y, w, h = about["decoding"]["crop"]
    if about["decoding"]["orientation"] != 1:
        sys.exit(about["source"] + ": turned; leave it out")
    # The moment half a millisecond early: ffmpeg shows the first frame at or after it.
    seek = ["-ss", f"{about['pts'] - 0.0005:.6f}"] if about["pts"] > 0.001 else []
    return ["ffmpeg", "-v", "error", "-y", "-threads", "1", "-filter_threads", "1", *seek, "-i", about["source"], "-an", "-sn",
            "-frames:v", "1", "-vf", f"crop={w}:{h}:{x}:{y},scale=200:200:flags=area", "-pix_fmt", "yuvj444p", "-q:v", "2",
            "-threads", "1", "one.jpg"]


def timed(commands):
    """Wall and processor seconds of running all these, one after the other."""
    before, start = os.times(), time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, **quiet)
    wall, after = time.perf_counter() - start, os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


sources = [about["source"] for about in taken]
kinds = {
    "ffmpeg, a process a file": [ffmpeg_command(about) for about in taken],
    "nonna-frames, a process a file": [["nonna-frames", "-q", "-j", "1", "-o", "one.tar", s] for s in sources],
    "nonna-frames, one process": [["nonna-frames", "-q", "-j", "1", "-o", "one.tar", *sources]],
    "ffmpeg -version, as often": [["ffmpeg", "-version"]] * len(taken),
    "nonna-frames --version, as often": [["nonna-frames", "--version"]] * len(taken),
}
seconds = {name: [] for name in kinds}
for _ in range(rounds):    # in turns, so that a slow minute hits all alike
    for name, commands in kinds.items():
        seconds[name].append(timed(commands))
wall = {name: statistics.median(s[0] for s in all_) for name, all_ in seconds.items()}
cpu = {name: statistics.median(s[1] for s in all_) for name, all_ in seconds.items()}
print(f"{len(taken)} files, medians of {rounds} rounds, one core; seconds")
for name in kinds:
    print(f"  {name:34} wall {wall[name]:7.3f}   processor {cpu[name]:7.3f}")
ffmpeg, each, one, start, own_start = kinds
print("ratios to ffmpeg (bound 1.2)")
print(f"  a process a file for both          wall {wall[each] / wall[ffmpeg]:7.2f}   processor {cpu[each] / cpu[ffmpeg]:7.2f}")
print(f"  both without program start         wall {(wall[each] - wall[own_start]) / (wall[ffmpeg] - wall[start]):7.2f}   "
      f"processor {(cpu[each] - cpu[own_start]) / (cpu[ffmpeg] - cpu[start]):7.2f}")
print(f"  one nonna-frames for all files     wall {wall[one] / wall[ffmpeg]:7.2f}   processor {cpu[one] / cpu[ffmpeg]:7.2f}")
sys.exit(cpu[each] / cpu[ffmpeg] > 1.2)
