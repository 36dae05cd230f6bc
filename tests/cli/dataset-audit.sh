# audit: the share of random patches taken for a face.
[ -d /usr/share/opencv4/haarcascades ] || { echo "skipped: no cascades (package opencv-data)"; exit 77; }
picture() {    # picture NAME WIDTH HEIGHT BYTE
    { printf 'P5\n%d %d\n255\n' "$2" "$3"; head -c $(($2 * $3)) /dev/zero | tr '\0' "$4"; } >"$1"
}
mkdir in
for letter in a b c d; do picture in/$letter.pgm 120 100 $letter; done
picture in/small.pgm 59 200 s
nonna-dataset audit in --patches 300 --detector lbp >folder.tsv
echo "status $?"
sed 's/sha256=[0-9a-f]\{16\}/DIGEST/; s/[0-9a-f]\{64\}/SUM/; s/nonna-dataset [0-9.]* audit/PROGRAM/' folder.tsv
nonna-dataset pack in -o in.tar --format png
nonna-dataset audit in.tar --patches 300 -q --seed 5 -o file.tsv
nonna-dataset audit - --patches 300 -q --seed 5 -j 3 <in.tar | cmp - file.tsv && echo "a pipe is as good as a file"
cut -f 1,2,6-8,10-12 file.tsv
echo text >in/text.png
nonna-dataset audit -q in --patches 300 --detector lbp -o skipped.tsv --sheet none.png
echo "status $?"
cut -f 1,6-8 skipped.tsv
ls none.png 2>/dev/null

lena=/usr/share/doc/opencv-doc/examples/data/lena.jpg
if [ -r $lena ]; then
    nonna-dataset audit -q $lena --patches 400 --patch-size 200 --sheet lena.png --count 12 >lena.tsv
    cut -f 2 lena.tsv | awk 'NR == 2 { print ($1 > 12 ? "faces among them" : "no faces: " $1) }'
    head -c 8 lena.png | od -An -c
else
    printf 'faces among them\n 211   P   N   G  \\r  \\n 032  \\n\n'
fi

try() {
    nonna-dataset audit "$@"
    echo "status $?"
}
try in --patch-size 300
try missing.tar
try
try in.tar -o in.tar
try in.tar --sheet s.png -o s.png
try in --patches 0
head -c 3000 in.tar | try -
nonna-dataset audit in.tar -q --patches 10 >/dev/full
echo "full disk: $?"
