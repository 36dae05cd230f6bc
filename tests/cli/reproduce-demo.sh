# The whole pipeline on a street scene, with hardly any training: everything it promises is there, a second run changes
# nothing, and results of other inputs are not mixed with it.
film=/usr/share/doc/opencv-doc/examples/data/vtest.avi
[ -r $film ] || { echo "skipped: no sample films (package opencv-doc)"; exit 77; }
mkdir 'my films'
ln -s $film 'my films/a street.avi'
nonna-reproduce -q --data 'my films' --out out --steps 20 || exit 1
(cd out && find . -type f ! -name .lock | LC_ALL=C sort | xargs sha256sum) >first
grep -c '<img' out/report.html | awk '{ print ($1 > 4 ? "pictures in the report" : "no pictures in the report") }'
nonna-reproduce --data 'my films' --out out --steps 20 2>talk | sed "s,$PWD,HERE,; s/[0-9.]* %/N %/g; s/  *[01]\.[0-9]*/ N/g"
cat talk
(cd out && find . -type f ! -name .lock | LC_ALL=C sort | xargs sha256sum) >second
cmp first second
# A finished folder's neurons: two of the best, two at random, with all that their pages show.
nonna-reproduce -q --data 'my films' --out out --steps 20 --neurons 2 || exit 1
grep -c '<section class="leaf"' out/report.html
grep -o '<h1>A neuron that sees people\|<h1>No neuron that sees people' out/report.html | sed 's/.*neuron/a title about a neuron/'
for file in top.tsv strongest-10.png average.png optimal.png invariance.tsv; do
    set -- out/neurons/*/$file
    [ $# -ge 4 ] || echo "$# of $file"
done
nonna-reproduce --data 'my films' --out out --steps 20 --neurons 2 2>&1 | grep -c '^\['
nonna-reproduce -q --data 'my films' --out out --steps 30 2>&1 | sed "s,$PWD,HERE,"
tar -tf out/test.tar | grep -c json | awk '{ print ($1 > 200 ? "a test" : "no test") }'
