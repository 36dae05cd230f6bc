"""Clips made here, of every matrix, range, depth and subsampling, turned, mirrored, stretched and interlaced: known RGB
values come back within 2 levels, and what ffmpeg shows is shown."""
import glob
import itertools
import sys

import numpy as np

from frames_check import EXACT, Verdict, chain, difference, ffmpeg, frames_of, stream_of

# Kr and Kb of the standards (ITU-T H.273, table 4).
MATRICES = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt470bg": (0.299, 0.114),
            "bt2020nc": (0.2627, 0.0593), "smpte240m": (0.212, 0.087), "fcc": (0.30, 0.11)}
NAMES = {"smpte170m": "bt601", "bt470bg": "bt601", "bt2020nc": "bt2020"}
COLOURS = np.array([[192, 64, 32], [16, 200, 90], [250, 250, 250], [40, 30, 220], [5, 5, 5], [128, 128, 128],
                    [230, 220, 40], [90, 10, 120]], float)
PATCH = 32
HEIGHT, WIDTH = 2 * PATCH, 4 * PATCH


def patches():
    """Eight flat colours, 4 x 2."""
    return np.repeat(np.repeat(COLOURS.reshape(2, 4, 3), PATCH, 0), PATCH, 1)


def yuv(rgb, matrix, full, depth, subsampling):
    """Rows of planes, after H.273 equations 20 to 31, by hand: nothing of libswscale is in it."""
    kr, kb = MATRICES[matrix]
    r, g, b = (rgb[..., c] / 255 for c in range(3))
    y = kr * r + (1 - kr - kb) * g + kb * b
    pb, pr = (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))
    scale, top = 1 << (depth - 8), (1 << depth) - 1
    planes = [y * top, pb * top + (top + 1) / 2, pr * top + (top + 1) / 2] if full else \
        [(219 * y + 16) * scale, (224 * pb + 128) * scale, (224 * pr + 128) * scale]
    if subsampling[1] == "2":
        planes[1:] = [p.reshape(p.shape[0], -1, 2).mean(2) for p in planes[1:]]
    if subsampling == "420":
        planes[1:] = [p.reshape(-1, 2, p.shape[1]).mean(1) for p in planes[1:]]
    kind = np.uint8 if depth == 8 else np.dtype("<u2")
    return b"".join(np.clip(np.rint(p), 0, top).astype(kind).tobytes() for p in planes)


def middles(picture):
    """The mean of the middle of each patch."""
    high, wide = picture.shape[0] // 2, picture.shape[1] // 4
    return np.array([picture[r * high + high // 4:(r + 1) * high - high // 4,
                             c * wide + wide // 4:(c + 1) * wide - wide // 4].reshape(-1, 3).mean(0)
                     for r in range(2) for c in range(4)])


def raw_source(pixel_format):
    return ["-f", "rawvideo", "-pix_fmt", pixel_format, "-s", f"{WIDTH}x{HEIGHT}", "-r", "10", "-i", "-"]


def known_values():
    """FFV1 keeps every bit; only the conversion is at stake."""
    made, told = [], {}
    for matrix, full, depth, sub in itertools.product(MATRICES, (False, True), (8, 10, 12), ("420", "422", "444")):
        pixels = f"yuv{sub}p" + ("" if depth == 8 else f"{depth}le")
        name = f"{matrix}-{'full' if full else 'limited'}-{pixels}.mkv"
        ffmpeg(*raw_source(pixels), "-c:v", "ffv1", "-colorspace", matrix, "-color_range", "pc" if full else "tv", name,
               data=yuv(patches(), matrix, full, depth, sub))
        made.append(name)
        told[name] = (pixels, NAMES.get(matrix, matrix), "full" if full else "limited")
    as_stored = patches().astype(np.uint8)
    for pixels, codec, suffix in (("rgb24", "png", "mkv"), ("bgr0", "ffv1", "mkv"), ("gbrp", "libx264rgb", "mp4"),
                                  ("gbrp10le", "ffv1", "mkv"), ("rgb48le", "png", "mkv"), ("rgba", "png", "mkv"),
                                  ("pal8", "gif", "gif"), ("gray", "ffv1", "mkv"), ("gray10le", "ffv1", "mkv"),
                                  ("yuvj420p", "mjpeg", "avi")):
        name = f"stored-{pixels}-{codec}.{suffix}"
        lossless = {"libx264rgb": ["-crf", "0"], "mjpeg": ["-q:v", "1", "-huffman", "default"]}.get(codec, [])
        encoded = {"gbrp": "rgb24", "pal8": "bgr8", "rgb48le": "rgb48be"}.get(pixels, pixels)
        if codec == "gif":
            ffmpeg(*raw_source("rgb24"), "-filter_complex", "split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none",
                   name, data=as_stored.tobytes())
        else:
            ffmpeg(*raw_source("rgb24"), "-vf", f"scale=flags=area{EXACT},format={encoded}", "-c:v", codec, *lossless, name,
                   data=as_stored.tobytes())
        made.append(name)
    verdict = Verdict()
    for about, picture in frames_of(made, "--size", "0"):
        name, said = about["source"], about["decoding"]
        expected = COLOURS
        if "gray" in name:
            expected = np.repeat(COLOURS @ [[0.299], [0.587], [0.114]], 3, 1)
        verdict.take(np.abs(middles(picture) - expected).max(), name, 2)
        if name in told and (said["format"], said["matrix"], said["range"], said["guessed"]) != (*told[name], False):
            print(f"{name}: recorded as {said}")
    if verdict.count != len(made):
        print(f"{verdict.count} pictures of {len(made)} clips")
    verdict.report("known colours")


def alpha():
    """Transparency lies over white."""
    rgba = np.concatenate([patches(), np.full((HEIGHT, WIDTH, 1), 255.0)], 2)
    rgba[:, :PATCH, 3] = 0
    rgba[:, PATCH:2 * PATCH, 3] = 128
    ffmpeg(*raw_source("rgba"), "-c:v", "png", "alpha.mkv", data=rgba.astype(np.uint8).tobytes())
    expected = COLOURS.copy()
    expected[[0, 4]] = 255
    expected[[1, 5]] = COLOURS[[1, 5]] * 128 / 255 + 255 * 127 / 255
    verdict = Verdict()
    verdict.take(np.abs(middles(frames_of(["alpha.mkv"], "--size", "0")[0][1]) - expected).max(), "alpha.mkv", 1)
    # Beside the pictures, in a stream of its own; lossy, so with room for what the codec changes.
    for codec in "libvpx", "libvpx-vp9":
        ffmpeg("-i", "alpha.mkv", "-pix_fmt", "yuva420p", "-c:v", codec, "-auto-alt-ref", "0", "-crf", "4", "-b:v", "8M",
               codec + ".webm")
        verdict.take(np.abs(middles(frames_of([codec + ".webm"], "--size", "0")[0][1]) - expected).max(), codec, 8)
    verdict.report("alpha")


def geometry():
    """Turned and mirrored by the container or the stream, with square and other pixels, even and odd sizes."""
    size, verdict = 96, Verdict()
    for (width, height), sar in itertools.product(((320, 180), (182, 322)), ("1/1", "16/15", "3/4")):
        plain = f"plain-{width}x{height}-{sar.replace('/', '_')}.mp4"
        ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={width}x{height}:r=10:d=0.1", "-vf", f"setsar={sar}", "-c:v", "libx264",
               "-crf", "5", "-pix_fmt", "yuv420p", plain)
        for turn in ("none", "90", "180", "270", "flip_h", "flip_v", "90_flip_h"):
            name = plain.replace("plain", f"turned-{turn}")
            shape = "h264_metadata=display_orientation=insert"
            shape += ":flip=horizontal" if "flip_h" in turn else ":flip=vertical" if "flip_v" in turn else ""
            shape += ":rotate=90" if turn == "90_flip_h" else ""
            how = ["-bsf:v", shape] if "flip" in turn else ["-metadata:s:v", f"rotate={turn}"] if turn != "none" else []
            ffmpeg("-i", plain, "-c", "copy", *how, name)
    made = sorted(glob.glob("turned-*.mp4"))
    taken = frames_of(made, "--pick", "first", "--size", str(size))
    if len(taken) != len(made):
        print(f"{len(taken)} pictures of {len(made)} turned clips")
    orientations = set()
    for about, picture in taken:
        name, orientation = about["source"], about["decoding"]["orientation"]
        orientations.add(orientation)
        filters = chain(stream_of(name), size, orientation)
        raw = ffmpeg("-i", name, "-frames:v", "1", "-vf", filters, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
        shown = np.frombuffer(raw, np.uint8).reshape(size, size, 3)
        verdict.take(difference(picture, shown).max(), name, 2)
    if not {1, 2, 3, 4, 6, 8} <= orientations:
        print(f"orientations {sorted(orientations)}")
    verdict.report("turned, mirrored and stretched clips")


def interlaced():
    """One field of interlaced frames, the one shown first; progressive frames are left alone."""
    size, verdict = 96, Verdict()
    source = ["-f", "lavfi", "-i", "testsrc2=s=360x288:r=50:d=0.4", "-sws_flags", "area" + EXACT]
    made = {"mpeg2-top.mkv": (["-vf", "tinterlace=interleave_top", "-c:v", "mpeg2video", "-q:v", "2", "-flags",
                               "+ildct+ilme", "-top", "1"], "top"),
            "mpeg2-bottom.ts": (["-vf", "tinterlace=interleave_bottom", "-c:v", "mpeg2video", "-q:v", "2", "-flags",
                                 "+ildct+ilme", "-top", "0"], "bottom"),
            "h264-top.mp4": (["-vf", "tinterlace=interleave_top", "-c:v", "libx264", "-crf", "5", "-pix_fmt", "yuv420p",
                              "-x264opts", "tff=1"], "top"),
            "h264-bottom.mkv": (["-vf", "tinterlace=interleave_bottom", "-c:v", "libx264", "-crf", "5", "-pix_fmt",
                                 "yuv420p", "-x264opts", "bff=1"], "bottom"),
            "ffv1-422.mkv": (["-vf", "tinterlace=interleave_top,setfield=tff", "-pix_fmt", "yuv422p", "-c:v", "ffv1"], "top"),
            "mpeg2-progressive.mkv": (["-c:v", "mpeg2video", "-q:v", "2"], "both"),
            "h264-progressive.mp4": (["-c:v", "libx264", "-crf", "5", "-pix_fmt", "yuv420p"], "both")}
    for name, (options, _) in made.items():
        ffmpeg(*source, *options, name)
    for about, picture in frames_of(list(made), "--pick", "first", "--per-video", "2", "--size", str(size)):
        name, field = about["source"], about["decoding"]["field"]
        if field != made[name][1]:
            print(f"{name}: recorded as {field}, not {made[name][1]}")
        # ffmpeg's own field, its chroma where a field of 4:2:0 has it.
        stream = stream_of(name)
        filters = chain(stream, size)
        if made[name][1] != "both":
            w, h, where = filters.split("crop=")[1].split(",")[0].split(":", 2)
            scale = filters.split(",", 1)[1].split(":in_v_chr_pos")[0]
            if "420" in stream["pix_fmt"]:
                scale += ":in_v_chr_pos=" + ("64" if field == "top" else "192")
            filters = f"field={made[name][1]},crop={w}:{int(h) // 2}:(iw-ow)/2:(ih-oh)/2,{scale}"
        raw = ffmpeg("-copyts", "-i", name, "-vf", f"select='lt(abs(t-{about['pts']:.6f}),0.0005)'," + filters, "-frames:v", "1",
                     "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
        if not raw:
            print(f"{name}: no frame is shown at {about['pts']}")
            continue
        verdict.take(difference(picture, np.frombuffer(raw, np.uint8).reshape(size, size, 3)).max(), name, 2)
    if verdict.count != 2 * len(made):
        print(f"{verdict.count} pictures of interlaced clips")
    verdict.report("interlaced clips")


for check in sys.argv[1:]:
    {"known_values": known_values, "alpha": alpha, "geometry": geometry, "interlaced": interlaced}[check]()
