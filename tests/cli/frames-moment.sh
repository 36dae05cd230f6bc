# The right moment: numbered frames in containers where seeking goes wrong, against ffmpeg's decoding of the whole file.
command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || { echo "skipped: no ffmpeg"; exit 77; }
python=/usr/bin/python3
$python -c 'import numpy' 2>/dev/null || { echo "skipped: no numpy"; exit 77; }
PYTHONDONTWRITEBYTECODE=1 $python "$SOURCE/tests/cli/frames_moments.py"
