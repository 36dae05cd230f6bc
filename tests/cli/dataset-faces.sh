# faces: verdicts that are kept and asked for again with another threshold; what is refused.
[ -d /usr/share/opencv4/haarcascades ] || { echo "skipped: no cascades (package opencv-data)"; exit 77; }
picture() {    # picture NAME WIDTH HEIGHT BYTE
    { printf 'P5\n%d %d\n255\n' "$2" "$3"; head -c $(($2 * $3)) /dev/zero | tr '\0' "$4"; } >"$1"
}
mkdir in set
for letter in a b c d; do picture in/$letter.pgm 120 100 $letter; done
nonna-dataset pack in -o in.tar --format png
nonna-dataset faces -v in.tar --detector lbp -o seen.tar
tar xOf seen.tar --wildcards '*.json' | grep -o '"detections":.*"height"' | sort | uniq -c | sed 's/sha256=[0-9a-f]\{16\}/DIGEST/; s/^ *//'
nonna-dataset faces seen.tar --detector lbp --keep without -o without.tar && tar tf without.tar | grep -c png
nonna-dataset faces seen.tar --detector lbp --keep with -o with.tar
echo "none with: $?"

echo "-- boxes made up: score 4 for the first, 9 for the second, found in no grey picture"
tar xf seen.tar -C set
score=4
for json in $(tar tf seen.tar | grep json | head -n 2); do
    sed -i 's/"boxes":\[\]/"boxes":[{"height":50,"score":'$score',"width":50,"x":1,"y":2}]/' set/$json
    score=9
done
tar -C set --sort=name -cf made-up.tar .
for threshold in 4 5 10; do
    nonna-dataset faces -v made-up.tar --detector lbp --keep without --min-score $threshold -o t$threshold.tar
    tar tf t$threshold.tar | grep -c png
done
tar xOf t5.tar --wildcards '*.json' | grep -o '"kept":"[^"]*"' | sort | uniq -c | sed 's/^ *//'
nonna-dataset faces made-up.tar --detector lbp --keep with --min-score 9 -o - | nonna-dataset faces -v - --detector lbp --keep with -o piped.tar
tar tf piped.tar | grep -c png
nonna-dataset faces -v made-up.tar --detector lbp --again --keep without -o again.tar
nonna-dataset faces -v made-up.tar --detector lbp --min-size 60 --keep without -o larger.tar
nonna-dataset faces -v made-up.tar -o both.tar && tar xOf both.tar --wildcards '*.json' | grep -o '"detector":"[a-z]*"' | sort | uniq -c | sed 's/^ *//'
for jobs in 1 3; do nonna-dataset faces in.tar -o j$jobs.tar -j $jobs; done
cmp j1.tar j3.tar

echo "-- a picture that does not decode"
name=$(tar tf in.tar | grep png | head -n 1)
rm -r set && mkdir set && tar xf in.tar -C set
head -c 60 set/$name >cut && mv cut set/$name
tar -C set --sort=name -cf damaged.tar .
nonna-dataset faces damaged.tar --detector lbp -o whole.tar
echo "status $?"
tar tf whole.tar | grep -c png

echo "-- refused"
try() {
    nonna-dataset faces "$@" -o refused.tar
    echo "status $?"
}
try in.tar --detector yunet
try in.tar --detector yunet --model none.onnx
try in.tar --detector yunet --model in/a.pgm
try in.tar --model none.onnx
try in.tar --min-score 3
mkdir cascades && echo '<opencv_storage></opencv_storage>' >cascades/lbpcascade_frontalface_improved.xml
NONNA_CASCADES=cascades nonna-dataset faces in.tar --detector lbp -o refused.tar
echo "status $?"
[ ! -e refused.tar ]

echo "-- at a bounded scale: of a verdict where it matters, and none is taken for another's"
picture wide.pgm 300 100 w
nonna-dataset pack in/a.pgm wide.pgm -o two.tar --format png
bounds() { tar xOf "$1" --wildcards '*.json' | grep -o '"parameters":"[^"]*"' | grep -c "max-side=$2"; }
for bound in 0 200 250 250 100; do
    nonna-dataset faces -v two.tar --detector lbp --max-side $bound -o next.tar && mv next.tar two.tar
    echo "bound $bound: $(bounds two.tar $bound)"
done
