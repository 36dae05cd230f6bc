# Right colours of clips made here: every matrix, range, depth and subsampling, turned, mirrored, stretched, interlaced.
command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || { echo "skipped: no ffmpeg"; exit 77; }
python=/usr/bin/python3
$python -c 'import numpy' 2>/dev/null || { echo "skipped: no numpy"; exit 77; }
PYTHONDONTWRITEBYTECODE=1 $python "$SOURCE/tests/cli/frames_made.py" known_values alpha geometry interlaced
