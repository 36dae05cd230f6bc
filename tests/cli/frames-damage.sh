# What is cut off or has holes: nothing before the first key frame, nothing from a hole to the next one, whatever the codec.
command -v ffmpeg >/dev/null || { echo "skipped: no ffmpeg"; exit 77; }
python=/usr/bin/python3
PYTHONDONTWRITEBYTECODE=1 $python "$SOURCE/tests/cli/frames_damage.py"
