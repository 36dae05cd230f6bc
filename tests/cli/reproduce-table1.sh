# The paper's comparisons on a few pictures with hardly any training: every method has its line and its figures, a run
# that was stopped goes on, a second one changes nothing, other seeds want another folder. The commands that it notes
# can be typed as they stand, though the pictures' folder has a space in its name.
data=${NONNA_TEST_DATA:?}
[ -f "$data/study/faces.tsv" ] || { echo "skipped: no $data/study/faces.tsv"; exit 77; }
mkdir study
ln -s "$data" 'my data'
grep '^faces/' "$data/study/unlabelled.txt" | awk 'NR % 35 == 0' >study/unlabelled.txt
grep -v '^faces/' "$data/study/unlabelled.txt" | awk 'NR % 140 == 0' >>study/unlabelled.txt
# sixty people, and scenes
awk -F '\t' 'NR == 1; $2 == 1 { split($1, part, "/"); if (!seen[part[2]]++ && ++n <= 60) print }
    $2 == 0 && ++m <= 100' "$data/study/faces.tsv" >study/faces.tsv
printf 'concept\tframe\tjitter\n*\tcrop:0.62\t0.1:0.2\n' >study/tests.tsv
reproduce() {
    nonna-reproduce --table1 study --data 'my data' --steps 2 --filters 300 --centroids 12 --out out "$@"
}
reproduce --seeds 3 -q || exit 1
cut -f 1-4,13 out/table1.tsv
awk -F '\t' 'NR > 1 { for (i = 5; i <= 11; i += 2) if (!($i >= 0 && $i <= 1)) print "no share: " $0 }' out/table1.tsv
cut -f 1-3 out/controls.tsv
awk -F '\t' 'NR > 1 && !($5 >= 0 && $5 <= 1) { print "no share: " $0 }' out/controls.tsv
# nobody in two parts, and matched are the people of the same part
cat out/faces/test-[a-d].tsv | cut -f 3,4 | sort -u | cut -f 2 | grep -v '^group$' | uniq -d
cat out/faces/test-[a-d].tsv | cut -f 3,4 | sort -u >parts
cat out/faces/matched-[a-d].tsv | cut -f 3,4 | sort -u | comm -13 parts -
grep -c '<img' out/report.html | awk '{ print ($1 > 9 ? "pictures in the report" : "no pictures in the report") }'
(cd out && find . -type f ! -name .lock | sort | xargs sha256sum) >first

(cd out && mv squares/faces.tar kept.tar && sh -c "$(grep -e ' -o squares/faces.tar$' commands.txt)" && cmp squares/faces.tar kept.tar && rm kept.tar)
eval "set -- $(tail -n 1 out/commands.txt)"
printf '%s\n' "$@" | sed "s,^$PWD,HERE," | paste -s -d '|'

# As if it had been killed: some files are gone.
rm out/report.html out/faces/sweep-linear.tsv out/models/nonorm-3.safetensors out/table1.tsv
reproduce --seeds 3 2>talk | sed "s,$PWD,HERE," | tail -n 1
grep -c '^\[' talk
(cd out && find . -type f ! -name .lock | sort | xargs sha256sum) >second
diff first second
reproduce --seeds 4 2>&1 | sed "s,$PWD,HERE,"

# Quickly: one seed, faces alone, no trained controls; what is not measured is not on the page.
nonna-reproduce --table1 study --data 'my data' --steps 2 --filters 300 --centroids 12 --quick --out quick -q || exit 1
cut -f 1-4 quick/table1.tsv
ls quick | grep -c controls

# A study out of folders of pictures, with a third of the unlabelled ones as distractors; and one setting of a network.
mkdir -p pictures/unlabelled/photos pictures/cats
awk 'NR % 2' study/unlabelled.txt | while read -r name; do cp "$data/$name" "pictures/unlabelled/$(echo "$name" | tr / _)"; done
cp "$(ls -d "$data"/photos/* | head -n 1)" pictures/unlabelled/photos
for name in $(ls "$data/cats" | tail -n 24); do cp "$data/cats/$name" pictures/cats; done
nonna-reproduce --make-study made --data pictures 2>/dev/null
cat made/mixture.tsv
nonna-reproduce --sensitivity made rate=0.01,0.02 side=32 pictures=0.5,1 --arch demo --seeds 1 --steps 2 --data pictures --out setting -q || exit 1
cut -f 1-3 setting/sensitivity.tsv
# Another seed, and another setting, go on in the same folder; what is there stays as it is.
ls -l --full-time setting/networks/*-1.safetensors setting/squares >before
nonna-reproduce --sensitivity made rate=0.01,0.04 --arch demo --seeds 1,2 --steps 2 --data pictures --out setting 2>&1 |
    grep -c '^\['
ls -l --full-time setting/networks/*-1.safetensors setting/squares | diff before - | grep -c '^<'
cut -f 1-3 setting/sensitivity.tsv
cmp -s setting/networks/rate-0.01-1.safetensors setting/networks/rate-0.02-1.safetensors && echo "another rate, the same network"
nonna-info setting/side-32/*photos*.tar setting/cats/test-side-32.tar | grep -E '^(images|sizes|size|pictures):' | sort -u
samples() { tar -tf "$1" | grep -c json; }
for set in setting/pictures-0.5/*.tar; do
    [ $(($(samples "$set") * 2)) -le "$(samples "setting/squares/${set##*/}")" ] || echo "$set has more than half"
done
exit 0
