# All the sample videos, the odd ones included: each ends in one picture or in one code of the manual's list, the same for
# any -j, and a full disk is an error.
[ -d "$NONNA_TEST_DATA/odd_videos" ] || { echo "skipped: no sample videos in $NONNA_TEST_DATA"; exit 77; }
set -- "$NONNA_TEST_DATA"/videos/* "$NONNA_TEST_DATA"/odd_videos/*
nonna-frames "$@" -o two.tar -j 2 2>two.err
echo "status $?"
pictures=$(tar tf two.tar | grep -c '\.jpg$')
reasons=$(wc -l <two.err)
[ $((pictures + reasons)) -eq $# ] || echo "$pictures pictures and $reasons reasons for $# videos"
sed -n '/^.Ss Reasons/,/^.El/s/^.It Cm //p' "$SOURCE/man/nonna-frames.1.in" >codes
sed 's/.*\[\(.*\)\], skipped$/\1/' two.err | sort -u | while read -r code; do
    grep -qxF "$code" codes || echo "not a code of the manual: $code"
done
nonna-frames "$@" -o one.tar -j 1 2>one.err
cmp one.tar two.tar
cmp one.err two.err
sed 's/.*: //' two.err | sort -u
nonna-frames "$1" -o - >/dev/full
echo "full disk: $?"
for video in "$@"; do
    case $video in
    *displaymatrix* | *rotation_90*) nonna-frames "$video" -o turned.tar --size 0 &&
        tar xOf turned.tar --wildcards '*.json' | grep -o '"[hw][a-z]*":[0-9]*' ;;
    esac
done
