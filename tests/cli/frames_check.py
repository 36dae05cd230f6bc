"""Shared by frames-colour.sh and frames-moment.sh: what ffmpeg shows, and what nonna-frames took.

Reference pictures are ffmpeg's own: the whole file decoded from its start, turned as the container says, the same
rectangle cut out, scaled by area in one chain, 8-bit RGB without loss. ffmpeg's default tables for YUV to RGB are 1 to 3
levels dark (a flat 192,64,32 comes back as 190,63,30), so it is told to use its exact ones (full_chroma_int).
"""
import io
import json
import os
import subprocess
import sys
import tarfile

import numpy as np

EXACT = "+full_chroma_int+full_chroma_inp+accurate_rnd+bitexact"


def ffmpeg(*arguments, data=None):
    run = subprocess.run(["ffmpeg", "-v", "fatal", "-nostdin" if data is None else "-hide_banner", "-y", "-threads", "1",
                          *map(str, arguments)], input=data, stdout=subprocess.PIPE, check=True, timeout=120)
    return run.stdout


def probe(path, what):
    run = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-of", "json", "-show_entries", what, path],
                         stdout=subprocess.PIPE, check=True, timeout=120)
    return json.loads(run.stdout)


def frames_of(paths, *options):
    """nonna-frames' samples of these files: (json, picture) in the order written."""
    run = subprocess.run(["nonna-frames", "-q", "--format", "png", "-o", "-", *options, "--", *paths],
                         stdout=subprocess.PIPE, timeout=300)
    if run.returncode not in (0, 3):
        sys.exit(f"nonna-frames ended with {run.returncode}")
    samples, pictures = [], b""
    with tarfile.open(fileobj=io.BytesIO(run.stdout)) as archive:
        for member in archive:
            content = archive.extractfile(member).read()
            if member.name.endswith(".json"):
                samples.append(json.loads(content))
            else:
                pictures += content
    shapes = {(s["height"], s["width"]) for s in samples}
    if len(shapes) != 1:
        sys.exit(f"pictures of sizes {shapes}")
    raw = ffmpeg("-f", "image2pipe", "-c:v", "png", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-", data=pictures)
    height, width = shapes.pop()
    return list(zip(samples, np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3).astype(int)))


def stream_of(path):
    return probe(path, "stream=width,height,sample_aspect_ratio,color_space,chroma_location,pix_fmt")["streams"][0]


# Where chroma that lies left in the stored frame lies in the frame brought upright, by EXIF orientation.
LEFT_UPRIGHT = {1: (0, 128), 2: (256, 128), 3: (256, 128), 4: (0, 128), 5: (128, 0), 6: (128, 0), 7: (128, 256), 8: (128, 256)}


def chain(stream, size, orientation=1):
    """The filters that show a frame as nonna-frames --size does, computed from ffprobe's words alone."""
    width, height = stream["width"], stream["height"]
    aspect = 1.0
    if ":" in stream.get("sample_aspect_ratio", ""):
        a, b = map(int, stream["sample_aspect_ratio"].split(":"))
        aspect = a / b if a and b else 1.0
    if orientation >= 5:
        width, height, aspect = height, width, 1 / aspect
    side = min(width * aspect, height)
    w, h = round(side / aspect), round(side)
    scale = f"scale={size}:{size}:flags=area{EXACT}"
    # Said by the stream in nobody's name: what players take, and where H.264, MPEG-2 and their like put chroma.
    if stream.get("color_space", "unknown") == "unknown" and (width >= 1280 or height > 576):
        scale += ":in_color_matrix=bt709"
    if stream.get("chroma_location") == "left" and "420" in stream["pix_fmt"]:
        scale += ":in_h_chr_pos={}:in_v_chr_pos={}".format(*LEFT_UPRIGHT[orientation])
    if stream.get("chroma_location") == "left" and "422" in stream["pix_fmt"]:
        scale += ":in_h_chr_pos=0"
    return f"crop={w}:{h}:(iw-ow)/2:(ih-oh)/2,{scale}"


def shown_by_ffmpeg(path, filters, size):
    """Every frame of the file, and the time of each."""
    raw = ffmpeg("-i", path, "-map", "0:v:0", "-vsync", "passthrough", "-vf", filters, "-f", "rawvideo", "-pix_fmt",
                 "rgb24", "-")
    pictures = np.frombuffer(raw, np.uint8).reshape(-1, size, size, 3)
    listed = probe(path, "frame=best_effort_timestamp_time,pts_time")["frames"]
    times = [float(f.get("best_effort_timestamp_time", "nan")) for f in listed]
    return pictures, times


def difference(a, b):
    """Mean absolute difference in each channel."""
    return np.abs(a.astype(int) - b.astype(int)).reshape(-1, 3).mean(0)


class Verdict:
    def __init__(self):
        self.worst, self.where, self.count = 0.0, "", 0

    def take(self, value, where, bound):
        self.count += 1
        if not value <= self.worst:
            self.worst, self.where = float(value), where
        if not value <= bound:
            print(f"{where}: {value:.2f} is more than {bound}")

    def report(self, title):
        if "NONNA_TEST_VERBOSE" in os.environ:
            print(f"{title}: {self.count}, worst {self.worst:.3f} ({self.where})", file=sys.stderr)
