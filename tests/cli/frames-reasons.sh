# What is not a video is named with its reason and skipped; nothing readable is a failure that leaves nothing behind.
printf 'some words\n' >words.mp4
: >empty.avi
mkfifo pipe
mkdir folder
# Eight grey frames, ten a second: uncompressed, so that a shell can write it.
{
    echo 'YUV4MPEG2 W4 H2 F10:1 Ip A1:1 C444'
    for level in A B C D E F G H; do printf 'FRAME\n%s' "$level$level$level$level$level$level$level${level}PPPPPPPPPPPPPPPP"; done
} >grey.y4m
cp grey.y4m again.y4m

nonna-frames words.mp4 empty.avi pipe folder missing -o none.tar
echo "status $?"
ls none.tar 2>/dev/null

nonna-frames words.mp4 grey.y4m again.y4m -o one.tar --pick first --size 0
echo "status $?"
tar tf one.tar
tar xOf one.tar --wildcards '*.json' | sed 's/,"sha256":"[0-9a-f]*"//'
echo

nonna-frames grey.y4m -o three.tar --per-video 3 --pick middle
echo "status $?"
tar xOf three.tar --wildcards '*.json' | grep -o '"pts":[0-9.]*'
nonna-frames -- grey.y4m -o- 2>&1 | head -c 0    # after --, -o is a file that is not there
printf 'grey.y4m\0words.mp4\0' | nonna-frames --files-from - -0 -o - --size 8 | tar tf - | wc -l

# A whole HEIF file: a picture in items, no film.
box() { printf "\\0\\0\\0\\$(printf %03o $((8 + ${#2})))%s%s" "$1" "$2"; }
{ box ftyp heicmif1mif1heic; box meta abcdefgh; box mdat 0123456789; } >photo.heic
head -c 50 photo.heic >cut.heic
nonna-frames photo.heic cut.heic -o none.tar
echo "status $?"
