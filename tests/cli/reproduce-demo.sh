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
nonna-reproduce -q --data 'my films' --out out --steps 30 2>&1 | sed "s,$PWD,HERE,"
tar -tf out/test.tar | grep -c json | awk '{ print ($1 > 200 ? "a test" : "no test") }'
