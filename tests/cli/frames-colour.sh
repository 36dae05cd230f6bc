# Right frames in right colours: what nonna-frames takes out of every sample clip is what ffmpeg shows at that time.
command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || { echo "skipped: no ffmpeg"; exit 77; }
python=/usr/bin/python3
$python -c 'import numpy' 2>/dev/null || { echo "skipped: no numpy"; exit 77; }
[ -d "$NONNA_TEST_DATA/videos" ] || { echo "skipped: no sample videos in $NONNA_TEST_DATA"; exit 77; }
PYTHONDONTWRITEBYTECODE=1 $python "$SOURCE/tests/cli/frames_real.py" "$NONNA_TEST_DATA/videos"
