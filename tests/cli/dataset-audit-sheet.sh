# audit on photographs of faces: most patches of the middle are taken for one, and the sheet shows some.
[ -d "$NONNA_TEST_DATA/faces" ] || { echo "skipped: no test data in $NONNA_TEST_DATA"; exit 77; }
[ -d /usr/share/opencv4/haarcascades ] || { echo "skipped: no cascades (package opencv-data)"; exit 77; }
find "$NONNA_TEST_DATA/faces" -name '*.jpg' | LC_ALL=C sort | head -n 20 |
    nonna-dataset pack --files-from - --crop 140 --size 70 -o faces.tar
nonna-dataset audit -q faces.tar --patches 500 --detector lbp --sheet sheet.png --count 12 -j 2 >audit.tsv
nonna-dataset audit -q faces.tar --patches 500 --detector lbp --sheet sheet1.png --count 12 -j 1 >audit1.tsv
cmp audit.tsv audit1.tsv && cmp sheet.png sheet1.png
awk -F'\t' 'NR == 2 { print ($3 > 0.3 ? "mostly faces" : "rate " $3), ($4 < $3 && $3 < $5 ? "inside the interval" : "outside") }' audit.tsv
head -c 8 sheet.png | od -An -c
