"""Frames with their number painted on, in containers and streams where seeking goes wrong: the frame taken at a time is
the one that ffmpeg, decoding the whole file, shows then."""
import os
import sys

import numpy as np

from frames_check import ffmpeg, frames_of, probe

COUNT, SIDE = 120, 64    # frames; pixels


def painted():
    """The number in 16 black and white blocks, 4 x 4, the lowest bit first."""
    frames = []
    for number in range(COUNT):
        bits = np.array([number >> i & 1 for i in range(16)]).reshape(4, 4)
        frames.append(np.kron(bits, np.ones((SIDE // 4, SIDE // 4))) * 200 + 30)
    return np.array(frames, np.uint8).tobytes()


def number_of(picture):
    """-1 where the blocks are not read with certainty: a grey or torn picture."""
    side = picture.shape[0] // 4
    blocks = picture[..., 1].reshape(4, side, 4, side)[:, side // 4:-side // 4, :, side // 4:-side // 4].mean((1, 3))
    if np.any((blocks > 80) & (blocks < 180)):
        return -1
    return int(sum(1 << i for i, v in enumerate(blocks.ravel()) if v > 128))


X264 = ["-c:v", "libx264", "-crf", "12", "-pix_fmt", "yuv420p", "-g", "24", "-keyint_min", "24", "-bf", "3"]
MPEG2 = ["-c:v", "mpeg2video", "-q:v", "2", "-g", "15", "-bf", "2", "-sc_threshold", "1000000000"]
MPEG4 = ["-c:v", "mpeg4", "-q:v", "2", "-g", "15"]
OPEN = ["-x264-params", "open-gop=1:scenecut=0"]
UNEVEN = ["-vf", "setpts='(N+floor(N/7)*5+mod(N*N,3))/25/TB'", "-vsync", "vfr"]
LARGE = X264[:2] + X264[4:] + ["-b:v", "80M", "-minrate", "80M", "-maxrate", "80M", "-bufsize", "8M", "-x264-params",
                               "nal-hrd=cbr:open-gop=1:scenecut=0"]
CLIPS = {
    "plain.mp4": X264,
    "closed.mkv": X264 + ["-x264-params", "scenecut=0"],
    "edit-list.mp4": X264 + ["-movflags", "+faststart"],
    "fragmented.mp4": X264 + ["-movflags", "+frag_keyframe+empty_moov+default_base_moof"],
    "no-index.avi": MPEG4 + ["-write_index", "0"],
    "bframes.avi": MPEG4 + ["-bf", "2"],
    "h264.avi": X264,
    "packets.ts": X264,
    "open.ts": X264 + OPEN,
    "open.mkv": X264 + OPEN,
    "open.mp4": X264 + OPEN,
    "refresh.mkv": X264 + ["-x264-params", "intra-refresh=1:scenecut=0"],
    "mpeg2.ts": MPEG2,
    "mpeg2.mpg": MPEG2,
    "mpeg2.mkv": MPEG2,
    "uneven.mkv": X264 + UNEVEN,
    "uneven.mp4": X264 + UNEVEN + ["-video_track_timescale", "90000"],
    "uneven.ts": MPEG2 + UNEVEN,
    "before-zero.mkv": X264 + ["-output_ts_offset", "-1.5", "-avoid_negative_ts", "disabled"],
    "late.ts": X264 + ["-output_ts_offset", "500"],
    "vp9.webm": ["-c:v", "libvpx-vp9", "-crf", "20", "-b:v", "0", "-g", "24", "-deadline", "realtime", "-cpu-used", "8"],
    "vp8.webm": ["-c:v", "libvpx", "-b:v", "2M", "-g", "24", "-auto-alt-ref", "1", "-lag-in-frames", "10", "-cpu-used", "8"],
    "hevc.mp4": ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=24:log-level=none:open-gop=1:pools=1",
                 "-pix_fmt", "yuv420p"],
    "small.gif": [],
    "one.mp4": X264 + ["-frames:v", "1"],
    "one.gif": ["-frames:v", "1"],
    "flash.flv": ["-c:v", "flv", "-q:v", "2", "-g", "20"],
    "theora.ogv": ["-c:v", "libtheora", "-q:v", "9", "-g", "20"],
    "still.mkv": ["-c:v", "mjpeg", "-q:v", "2"],
    "two-edits.mp4": None,
    "no-cues.mkv": None,
    "no-times.h264": X264,
    # More than nonna-frames holds in memory (32 MiB): filler, up to a constant rate.
    "large.mkv": LARGE,
    "large.mp4": LARGE,
    "large.ts": LARGE,
    "large.avi": LARGE,
}
# Where some packets have no times: every frame can be had, at ffprobe's time where it has one.
LEFT_OUT = ["-vf", "select='not(eq(mod(n,7),3))'", "-vsync", "passthrough"]
EVERY = {
    "every.vob": MPEG2,
    "every.mpg": MPEG2[:1] + ["mpeg1video"] + MPEG2[2:] + ["-bf", "1"],
    "without-b.vob": MPEG2 + ["-bf", "0"],
    "every.m2v": MPEG2,
    "mpeg2.avi": MPEG2,
    "every.avi": MPEG4 + ["-bf", "2"],
    "every-h264.avi": X264,
    "left-out.vob": MPEG2 + LEFT_OUT,
    "left-out.avi": MPEG4 + ["-bf", "2"] + LEFT_OUT,
    "left-out-h264.avi": X264 + LEFT_OUT,
    "two.avi": X264 + ["-frames:v", "2"],
}


def make(name, options, raw):
    source = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{SIDE}x{SIDE}", "-r", "25", "-i", "-"]
    if name == "two-edits.mp4":    # the first key frame and what follows it are decoded, not shown
        ffmpeg("-ss", "0.7", "-i", "plain.mp4", "-c", "copy", name)
    elif name == "no-cues.mkv":    # a pipe cannot be gone back in, to write the index
        with open(name, "wb") as out:
            out.write(ffmpeg(*source, *X264, "-f", "matroska", "-", data=raw))
    else:
        ffmpeg(*source, *options, name, data=raw)


raw, checked = painted(), 0
for name, options in CLIPS.items():
    make(name, options, raw)
    if name.startswith("large") and os.path.getsize(name) < 36 << 20:
        print(f"{name} is not large")
for seed in ("0", "1", "2"):
    taken = {}
    for about, picture in frames_of(list(CLIPS), "--per-video", "9", "--seed", seed, "--size", str(SIDE), "-j", "2"):
        taken.setdefault(about["source"], []).append((about["pts"], number_of(picture)))
    for name in CLIPS:
        if seed == "0":
            shown = ffmpeg("-i", name, "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
            numbers = [number_of(p) for p in np.frombuffer(shown, np.uint8).reshape(-1, SIDE, SIDE, 3)]
            listed = probe(name, "frame=best_effort_timestamp_time")["frames"]
            times = [float(f.get("best_effort_timestamp_time", "nan")) for f in listed]
            if name == "no-times.h264":    # no times at all: frame number over rate
                times = [i / 25 for i in range(len(numbers))]
            CLIPS[name] = (numbers, times)
            if len(numbers) != len(times):
                print(f"{name}: ffmpeg shows {len(numbers)} frames and lists {len(times)}")
        numbers, times = CLIPS[name]
        got = taken.get(name, [])
        if len(got) < min(9, len(numbers)):
            print(f"{name}: {len(got)} frames")
        if len({n for _, n in got}) != len(got):
            print(f"{name}: a frame came twice")
        for pts, number in got:
            at = int(np.nanargmin(np.abs(np.array(times) - pts)))
            checked += 1
            if not abs(times[at] - pts) < 2e-5 or number != numbers[at] or number < 0:
                print(f"{name} at {pts}: frame {number}; ffmpeg shows frame {numbers[at]} at {times[at]}")
for name, options in EVERY.items():
    make(name, options, raw)
    shown = ffmpeg("-i", name, "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    numbers = [number_of(p) for p in np.frombuffer(shown, np.uint8).reshape(-1, SIDE, SIDE, 3)]
    listed = probe(name, "frame=best_effort_timestamp_time")["frames"]
    times = [float(f.get("best_effort_timestamp_time", "nan")) for f in listed]
    taken = frames_of([name], "--per-video", str(COUNT), "--size", str(SIDE))
    got = sorted((about["pts"], number_of(picture)) for about, picture in taken)
    checked += len(got)
    if [number for _, number in got] != numbers:
        print(f"{name}: frames {[number for _, number in got]}; ffmpeg shows {numbers}")
    elif not all(abs(t - pts) < 2e-5 for t, (pts, _) in zip(times, got) if t == t):
        print(f"{name}: times {[pts for pts, _ in got]}; ffprobe has {times}")
if "NONNA_TEST_VERBOSE" in os.environ:
    print(f"{checked} frames of {len(CLIPS)} clips", file=sys.stderr)
