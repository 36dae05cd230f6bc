# nonna-report: the small table, one page that needs nothing else, and what cannot be done.
header='layer	row	col	map	threshold	accuracy	auc	dprime	positives	negatives'
mkdir results empty bad
printf '%s\n3.norm\t6\t6\t2\t1.5\t0.817\t0.88\t1.2\t40\t60\n' "$header" >results/sweep-top.tsv
printf '%s\n1.norm\t6\t6\t2\t1.5\t0.71\t0.7\t1.2\t40\t60\n' "$header" >results/sweep-first.tsv
printf 'nonna-sweep <model> & more\n' >results/commands.txt

nonna-report results
echo "status $?"
grep -c '</html>' results/report.html
grep -o 'nonna-sweep</b> &lt;model&gt; &amp; more' results/report.html
grep -o '<dt>the [^<]*' results/report.html
grep -ciE '<script|http|src="[^d]' results/report.html
# What the page says would make the rest has only options that there are.
sed -n '/class="left"/,/<\/details>/{s/.*<dd><code>//; t found; b; :found; s/<[^>]*>//gp}' results/report.html >usual
grep -c '^nonna-' usual
while read -r tool rest; do
    [ "$tool" != nonna-reproduce ] || continue
    for option in $(printf '%s\n' "$rest" | grep -oE -e '--[a-z-]+'); do
        "$tool" --dump-interface | grep -q -e "\"long\": \"$option\"" || echo "$tool has no $option"
    done
done <usual
cp results/report.html before.html
nonna-report results -o - | cmp - before.html
nonna-report results >/dev/null && cmp results/report.html before.html && echo "a second run changes nothing"
nonna-report results --title 'Faces & more' -o - | grep -o '<h1>[^<]*'

# Several networks: Table 1's form, for a terminal too; each sub-folder is a part under its name, in order.
mkdir -p study/faces study/bodies study/checkpoints
scores='seeds\taccuracy\taccuracy_sd\tauc\tauc_sd\theld_accuracy\theld_accuracy_sd\theld_auc\theld_auc_sd\tpaper\n'
printf "concept\ttest\tmethod\t$scores" >study/table1.tsv
printf '%s\ttest\tguess\t1\t0.648\t\t0.5\t\t0.648\t\t0.5\t\t0.648\n' faces bodies >>study/table1.tsv
printf 'faces\ttest\tbest neuron\t3\t0.802\t0.0061\t\t\t0.791\t0.0083\t0.8123\t0.004\t0.817\n' >>study/table1.tsv
printf 'faces\tmatched\tbest neuron\t3\t0.702\t0.0061\t\t\t0.691\t0.0083\t0.7123\t0.004\t\n' >>study/table1.tsv
printf 'concept\tcontrol\tseed\tneuron\tauc\nfaces\tinverted\t1\t3.norm/6,6,2\t0.6\nfaces\tinverted\t2\t3.norm/6,6,2\t0.7\n' >study/controls.tsv
printf 'part\tpositives\tmatched\ttaken_anyway\tdropped\trule_auc_before\trule_auc_after\na\t10\t8\t1\t2\t\t\nb\t10\t9\t0\t1\t0.9\t0.55\n' >study/faces/matched-match.tsv
printf "setting\tvalue\t${scores}field\t18\t1\t0.79\t\t\t\t0.77\t\t0.8\t\t0.817\n" >study/sensitivity.tsv
cp results/sweep-top.tsv study/faces
cp results/sweep-top.tsv study/bodies
printf 'nonna-reproduce --table1 --out study >study.log\nnonna-sweep m.safetensors \\\n    faces.tar -o faces/sweep-top.tsv\n' >study/commands.txt
nonna-report study
grep -oE '<h[123][^>]*>[^<]*' study/report.html
grep -oE 'In part b[^<]*' study/report.html
# A table of before, without tests, is one table.
mkdir older
printf 'concept\tmethod\tseeds\taccuracy\tpaper\nfaces\tbest neuron\t1\t0.8\t0.817\n' >older/table1.tsv
nonna-report older
grep -oE '<h[23][^>]*>[^<]*' older/report.html
grep -o '<code>[^~]*faces.tar.*</code>' study/report.html | sed 's/<[^>]*>//g'
cp -r study elsewhere && nonna-report elsewhere >/dev/null && cmp study/report.html elsewhere/report.html &&
    echo "the same bytes wherever the folder lies"

nonna-report empty
echo "status $?"
nonna-report none
echo "status $?"
printf '%s\n' "$header" >bad/sweep-top.tsv
nonna-report bad
echo "status $?"
printf '%s\n3.norm\t6' "$header" >bad/sweep-top.tsv
nonna-report bad
echo "status $?"
ls bad
nonna-report results -o /dev/full >table
echo "full disk: $? $(wc -c <table)"

# Sweeps of two test sets are not put into one table; a table of another kind is not passed over.
mkdir mixed
cp results/sweep-top.tsv mixed
head -n 1 results/sweep-first.tsv >mixed/sweep-first.tsv
sed 1d results/sweep-first.tsv | awk -F'\t' -v OFS='\t' -v p="$(head -n 1 results/sweep-first.tsv | tr '\t' '\n' | grep -nx positives | cut -d : -f 1)" \
    '{ $p += 1; print }' >>mixed/sweep-first.tsv
nonna-report mixed
echo "two tests: $?"
rm mixed/sweep-first.tsv
echo x >mixed/top.tsv
nonna-report mixed >table
echo "no table of pictures: $?"
rm -r mixed

# A pipe in a picture's or a table's place is not waited for; a folder is not part of itself.
for name in top.png other.png train.tsv; do
    mkdir pipe
    mkfifo pipe/$name
    timeout 10 nonna-report pipe
    echo "a pipe: $?"
    rm -r pipe
done
ln -s . results/itself
nonna-report results -q && grep -c '>itself<' results/report.html
rm results/itself

# Without gnuplot, the package is named and no page is left.
mkdir plots
printf 'response\tlabel\n1\t0\n2\t1\n3\t1\n' >plots/best-responses.tsv
program=$(command -v nonna-report)
PATH=/nonexistent "$program" plots
echo "status $?"
ls plots
