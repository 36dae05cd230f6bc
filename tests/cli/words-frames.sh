# Videos that have fewer frames than were asked for are counted; -v names them, and one alone is named.
command -v ffmpeg >/dev/null || { echo 'no ffmpeg: skipped'; exit 77; }
mkdir films
for colour in red green blue white black; do
    ffmpeg -v error -nostdin -f lavfi -i color=c=$colour:size=32x32:rate=5 -frames:v 3 -c:v mpeg4 films/$colour.avi
done
nonna-frames -r films --per-video 9 -o f.tar
nonna-frames -r films --per-video 9 -o f.tar -v 2>&1 | grep -c 'has no more'
nonna-frames -r films --per-video 9 -o f.tar -q
nonna-frames films/red.avi --per-video 9 -o f.tar
nonna-frames -r films --per-video 3 -o f.tar
