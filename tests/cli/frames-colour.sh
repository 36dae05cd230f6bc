# Right frames in right colours, against ffmpeg: several random frames of every sample clip. NONNA_TEST_VERBOSE=1
# prints the worst difference.
command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || { echo "skipped: no ffmpeg"; exit 77; }
python=/usr/bin/python3
$python -c 'import numpy' 2>/dev/null || { echo "skipped: no numpy"; exit 77; }
export PYTHONDONTWRITEBYTECODE=1
[ -d "$NONNA_TEST_DATA/videos" ] || { echo "skipped: no sample videos in $NONNA_TEST_DATA"; exit 77; }
$python "$SOURCE/tests/cli/frames_real.py" "$NONNA_TEST_DATA/videos"
