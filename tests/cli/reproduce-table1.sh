# The paper's comparisons on a few pictures with hardly any training: every method has its line and its figures, a run
# that was stopped goes on, a second one changes nothing, other seeds want another folder. The commands that it notes
# can be typed as they stand, though the pictures' folder has a space in its name.
data=${NONNA_TEST_DATA:?}
[ -f "$data/study/faces.tsv" ] || { echo "skipped: no $data/study/faces.tsv"; exit 77; }
mkdir study
ln -s "$data" 'my data'
grep '^faces/' "$data/study/unlabelled.txt" | awk 'NR % 35 == 0' >study/unlabelled.txt
grep -v '^faces/' "$data/study/unlabelled.txt" | awk 'NR % 140 == 0' >>study/unlabelled.txt
# thirty people, and scenes; and cats, of one folder
awk -F '\t' 'NR == 1; $2 == 1 { split($1, part, "/"); if (!seen[part[2]]++ && ++n <= 30) print }
    $2 == 0 && ++m <= 50' "$data/study/faces.tsv" >study/faces.tsv
awk -F '\t' 'NR == 1; $2 == 1 && ++n <= 20; $2 == 0 && ++m <= 37' "$data/study/cats.tsv" >study/cats.tsv
reproduce() {
    nonna-reproduce --table1 study --data 'my data' --crop faces/=160 --steps 2 --filters 300 --centroids 12 --out out "$@"
}
reproduce --seeds 3 -q || exit 1
cut -f 1-3,12 out/table1.tsv
awk -F '\t' 'NR > 1 { for (i = 4; i <= 10; i += 2) if (!($i >= 0 && $i <= 1)) print "no share: " $0 }' out/table1.tsv
cat out/faces/groups out/cats/groups
# nobody in both halves
cut -f 4 out/faces/half-a.tsv | sort -u >a
cut -f 4 out/faces/half-b.tsv | sort -u | comm -12 a - | grep -v '^group$'
grep -c '<img' out/report.html | awk '{ print ($1 > 9 ? "pictures in the report" : "no pictures in the report") }'
(cd out && find . -type f ! -name .lock | sort | xargs sha256sum) >first

(cd out && mv all.tar kept.tar && sh -c "$(grep -e ' -o all.tar$' commands.txt)" && cmp all.tar kept.tar && rm kept.tar)
eval "set -- $(tail -n 1 out/commands.txt)"
printf '%s\n' "$@" | sed "s,^$PWD,HERE," | paste -s -d '|'

# As if it had been killed: some files are gone.
rm out/report.html out/faces/sweep-linear.tsv out/models/nonorm-3.safetensors out/table1.tsv
reproduce --seeds 3 2>talk | sed "s,$PWD,HERE," | tail -n 1
grep -c '^\[' talk
(cd out && find . -type f ! -name .lock | sort | xargs sha256sum) >second
diff first second
reproduce --seeds 4 2>&1 | sed "s,$PWD,HERE,"
