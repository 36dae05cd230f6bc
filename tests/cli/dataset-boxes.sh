# Pedestrians of a street scene: found, cut out, and set against the same places without them.
film=/usr/share/doc/opencv-doc/examples/data/vtest.avi
tree=/usr/share/doc/opencv-doc/examples/data/tree.avi
[ -r $film ] && [ -r $tree ] || { echo "skipped: no sample films (package opencv-doc)"; exit 77; }
[ -d /usr/share/opencv4/haarcascades ] || { echo "skipped: no cascades (package opencv-data)"; exit 77; }
nonna-frames $film -o film.tar --size 0 --per-video 12 --span 0.7:1
nonna-frames $tree -o tree.tar --size 0 --per-video 5
nonna-dataset faces film.tar -o boxes.tar --detector people --min-size 60 -j 2
nonna-dataset faces film.tar -o boxes1.tar --detector people --min-size 60
cmp boxes.tar boxes1.tar
nonna-dataset testset -q --from-boxes boxes.tar --others tree.tar -o test.tar --size 48 --seed 1
tar xOf test.tar --wildcards '*.json' | grep -o '"label":"[01]"' | sort | uniq -c >counts
awk '{ n[NR] = $1 } END { share = n[1] / (n[1] + n[2]); print (n[2] > 20 ? "people" : "no people"), (share > .63 && share < .67 ? "prior kept" : share) }' counts
nonna-dataset faces boxes.tar --keep without --detector people --min-size 60 -o none.tar
echo "people in every frame: $?"
nonna-dataset faces tree.tar --keep without -o without.tar && tar tf without.tar | grep -c jpg
