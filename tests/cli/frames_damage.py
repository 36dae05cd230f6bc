"""Transport streams that are cut off, joined, or have lost packets: each picture is, to the bit, one of the whole stream, and as
many come out as stand between the holes. No output when all is right."""
import hashlib
import random
import subprocess
import sys
import tarfile

FRAMES, GOP, PACKET, VIDEO_PID = 36, 12, 188, 256
CODECS = {
    'hevc': ['-c:v', 'libx265', '-x265-params', f'log-level=none:keyint={GOP}:min-keyint={GOP}:bframes=3:pools=1'],
    'h264': ['-c:v', 'libx264', '-x264-params', f'keyint={GOP}:min-keyint={GOP}:bframes=3:threads=1'],
    'h264 without IDR': ['-c:v', 'libx264', '-x264-params', f'keyint={GOP}:open-gop=1:bframes=3:threads=1'],
    'mpeg2': ['-c:v', 'mpeg2video', '-g', str(GOP), '-bf', '2', '-b:v', '500k', '-threads', '1'],
}


def pictures(data):
    """Of each frame that can be had: the digest of its pixels, in the order of showing."""
    open('v.ts', 'wb').write(data)
    subprocess.run(['nonna-frames', 'v.ts', '--size', '0', '--per-video', '200', '--format', 'png', '-o', 'o.tar'],
                   check=True, stderr=subprocess.DEVNULL)    # fewer frames than 200
    with tarfile.open('o.tar') as archive:
        return [hashlib.sha256(archive.extractfile(m).read()).digest() for m in archive if m.name.endswith('.png')]


def packets(data):
    return [data[i:i + PACKET] for i in range(0, len(data), PACKET)]


def is_video(packet):
    return (packet[1] & 31) << 8 | packet[2] == VIDEO_PID


def begins(packet):
    return is_video(packet) and packet[1] & 0x40


def of_picture(row, number):
    """The places of the packets of the picture that is stored as the `number`-th."""
    places, count = [], -1
    for place, packet in enumerate(row):
        count += 1 if begins(packet) else 0
        if is_video(packet) and count == number:
            places.append(place)
    return places


def without(row, places):
    return b''.join(p for i, p in enumerate(row) if i not in set(places))


def main():
    wrong = []
    for codec, options in CODECS.items():
        subprocess.run(['ffmpeg', '-nostdin', '-v', 'quiet', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=128x96:rate=25',
                        '-frames:v', str(FRAMES), '-pix_fmt', 'yuv420p', *options, '-f', 'mpegts', 'a.ts'], check=True)
        whole = open('a.ts', 'rb').read()
        row, true = packets(whole), pictures(whole)

        def check(what, data, least, most):
            got = pictures(data)
            strange = sum(p not in true for p in got)
            if strange or not least <= len(got) <= most:
                wrong.append(f'{codec}, {what}: {len(got)} pictures, {strange} of them like none of the video')
            return got

        if len(set(true)) != FRAMES:
            wrong.append(f'{codec}: {len(set(true))} of {FRAMES} frames of the whole stream')
        # Pictures that lead up to a key frame, 3 at most, go with what was before it.
        check('cut off in the first group', whole[of_picture(row, 8)[0] * PACKET:], 2 * GOP - 3, 2 * GOP)
        for places in ('begin', 'end'):
            lost = of_picture(row, GOP + 5)
            lost = lost[:1] if places == 'begin' else lost[-1:]
            got = check(f'a hole at the {places} of a picture', without(row, lost), 2 * GOP - 3, 2 * GOP + 6)
            if got[:GOP - 3] != true[:GOP - 3] or got[-GOP + 3:] != true[-GOP + 3:]:
                wrong.append(f'{codec}: a hole at the {places} of a picture takes more than its own group')
        # The counter of packets has 16 values: 16 lost in a row cannot be told from none.
        lost = of_picture(row, GOP)
        check('a key frame that is gone', without(row, lost[1:] if len(lost) % 16 == 0 else lost), GOP, 2 * GOP)
        # Two recordings joined: the clock starts again, and every frame of both can be had.
        if pictures(whole + whole) != true + true:
            wrong.append(f'{codec}: not every frame of two recordings that were joined')
        draw = random.Random(5)
        scattered = [i for i, p in enumerate(row) if i > 30 and is_video(p) and draw.random() < 0.02]
        check('scattered holes', without(row, scattered), 1, FRAMES - 1)
    # AVI has no times, and libav works some out for B-frames alone: all frames, but for one that ffprobe gives no time.
    subprocess.run(['ffmpeg', '-nostdin', '-v', 'quiet', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=128x96:rate=25',
                    '-frames:v', str(FRAMES), '-pix_fmt', 'yuv420p', '-c:v', 'mpeg4', '-bf', '2', 'b.avi'], check=True)
    got = len(set(pictures(open('b.avi', 'rb').read())))
    if got < FRAMES - 1:
        wrong.append(f'AVI with B-frames: {got} of {FRAMES} frames')
    print('\n'.join(wrong), end='\n' if wrong else '')
    return 1 if wrong else 0


sys.exit(main())
