# Folders: --recursive walks them by name, what cannot be walked is named, and the rest gives its frames.
video() {    # video NAME LEVEL
    { echo 'YUV4MPEG2 W4 H2 F10:1 Ip A1:1 C444'; printf 'FRAME\n%s' "$2$2$2$2$2$2$2$2PPPPPPPPPPPPPPPP"; } >"$1"
}
mkdir -p films/b/deep films/a films/.hidden
video films/b/deep/one.y4m A
video films/a/two.Y4M B
video films/c.y4m C
video films/.hidden/no.y4m D
video films/unnamed E
video "films/a/tab	name.y4m" F
echo words >films/b/notes.txt
echo words >films/b/words.mp4
ln -s .. films/b/up
ln -s nowhere films/b/dangling
mkfifo films/a/pipe
nonna-frames films -o none.tar
echo "status $?"
sources() { tar xOf "$1" --wildcards '*.json' | grep -o '"source":"[^"]*"'; }
nonna-frames --recursive films films/unnamed -o all.tar --size 2 -j 1 2>one.err
echo "status $?"
cat one.err
sources all.tar
nonna-frames -r films films/unnamed -o again.tar --size 2 -j 4 2>four.err
cmp all.tar again.tar
cmp one.err four.err
# The same names by a list, with NUL, the odd one as well.
find films -name '*y4m' -print0 | LC_ALL=C sort -z | nonna-frames --files-from - -0 -o list.tar --size 2
echo "status $?"
sources list.tar
printf 'films/a\nfilms/c.y4m\n' | nonna-frames --files-from - -r -o - --size 2 2>/dev/null >lines.tar
sources lines.tar
nonna-frames films/c.y4m -o few.tar --per-video 5
echo "fewer: $?"
nonna-frames films/c.y4m -o few.tar --per-video 5 -q
