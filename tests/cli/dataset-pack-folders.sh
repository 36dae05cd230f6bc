# Folders of pictures: a circle of links ends, what cannot be walked is named and skipped, and the order is that of paths.
picture() { { printf 'P5\n2 1\n255\n'; printf '%s' "$2"; } >"$1"; }
mkdir -p in/a/deep in/a-b in/closed in/.hidden
picture in/a/deep/one.pgm ab
picture in/a/z.pgm cd
picture in/a-b/two.PGM ef
picture in/c.pnm gh
picture in/.hidden/no.pgm ij
picture "in/a/tab	name.pgm" kl
picture in/notes.txt mn
ln -s ../.. in/a/deep/up
ln -s a in/again
ln -s nowhere.pgm in/dangling.pgm
mkfifo in/pipe.pgm
for jobs in 1 3; do
    nonna-dataset pack in -o $jobs.tar -j $jobs 2>$jobs.err
    echo "status $?"
done
cmp 1.tar 3.tar && cmp 1.err 3.err && cat 1.err
tar xOf 1.tar --wildcards '*.json' | grep -o '"source":"[^"]*"'
nonna-dataset pack in/gone -o none.tar
echo "missing: $?"
