# nonna-report: the small table, one page that needs nothing else, and what cannot be done.
header='layer	row	col	map	threshold	accuracy	auc	dprime	positives	negatives'
mkdir results empty bad
printf '%s\n3.norm\t6\t6\t2\t1.5\t0.817\t0.88\t1.2\t40\t60\n' "$header" >results/sweep-top.tsv
printf '%s\n1.norm\t6\t6\t2\t1.5\t0.71\t0.7\t1.2\t40\t60\n' "$header" >results/sweep-first.tsv
printf 'nonna-sweep <model> & more\n' >results/commands.txt

nonna-report results
echo "status $?"
grep -c '</html>' results/report.html
grep -o 'nonna-sweep &lt;model&gt; &amp; more' results/report.html
grep -o '<p class="missing">[^<]*' results/report.html
grep -ciE '<script|http|src="[^d]' results/report.html
cp results/report.html before.html
nonna-report results -o - | cmp - before.html
nonna-report results >/dev/null && cmp results/report.html before.html && echo "a second run changes nothing"
nonna-report results --title 'Faces & more' -o - | grep '<h1>'

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

# Without gnuplot, the package is named and no page is left.
mkdir plots
printf 'response\tlabel\n1\t0\n2\t1\n3\t1\n' >plots/best-responses.tsv
program=$(command -v nonna-report)
PATH=/nonexistent "$program" plots
echo "status $?"
ls plots
