# pack, sheet and testset on pictures that a shell can write.
picture() {    # picture NAME WIDTH HEIGHT BYTE
    { printf 'P5\n%d %d\n255\n' "$2" "$3"; head -c $(($2 * $3)) /dev/zero | tr '\0' "$4"; } >"$1"
}
mkdir -p in/deep other
picture in/b.pgm 30 20 b
picture in/a.pgm 30 20 a
picture in/deep/c.pgm 10 10 c
echo notes >in/notes.txt
picture other/d.pgm 30 30 d
picture other/e.pgm 30 30 e

nonna-dataset pack in -o all.tar --label x
echo "status $?"
tar xOf all.tar --wildcards '*.json' | sed 's/"sha256":"[0-9a-f]*",//g; s/}{/}\n{/g'
echo
nonna-dataset pack in -o all2.tar --label x -j 3 && cmp all.tar all2.tar
nonna-dataset pack in -o crop.tar --crop 12
echo "status $?"
nonna-dataset pack - -o - <all.tar | cmp - all.tar && echo "an unchanged set is the same set"

printf 'path\tlabel\nin/a.pgm\tfirst\nin/b.pgm\tsecond\n' >labels.tsv
nonna-dataset pack --labels-from labels.tsv -o labelled.tar --size 8 && tar xOf labelled.tar --wildcards '*.json' | grep -o '"label":"[a-z]*"'
printf 'in/a.pgm\nin/gone.pgm\n' | nonna-dataset pack --files-from - -o listed.tar
echo "status $?"
nonna-dataset pack in/notes.txt -o none.tar
echo "status $?"
ls none.tar 2>/dev/null

nonna-dataset pack in -o patches.tar --patches 4 --patch-size 3:9 --seed 1 --size 5 && tar tf patches.tar | grep -c jpg
echo '# looks, and squares of the very size that is stored'
nonna-dataset pack in -o grey.tar --look grey --format png && tar xOf grey.tar --wildcards '*.json' | grep -o 'pack [^"]*"' | sort -u
nonna-dataset pack in -o once.tar --format png && nonna-dataset pack once.tar -o twice.tar --look grey --format png && tar xOf grey.tar --wildcards '*.png' | cksum >a.sum && tar xOf twice.tar --wildcards '*.png' | cksum | cmp - a.sum
nonna-dataset pack in -o exact.tar --patches 2 --patch-size 5:5 --size 5 --look grey --look aperture --look mean-ground && tar xOf exact.tar --wildcards '*.json' | grep -o '"height":[0-9]*'
nonna-dataset pack in -o o.tar --look aperture
echo "not of squares: $?"
nonna-dataset pack in -o o.tar --size 5 --look mean-ground
echo "without an aperture: $?"
nonna-dataset pack in -o o.tar --look blue
echo "no such look: $?"
nonna-dataset pack other -o other.tar
nonna-dataset testset --positives other.tar --negatives all.tar -o test.tar --prior 0.6 && tar xOf test.tar --wildcards '*.json' | grep -o '"label":"[01]"' | sort | uniq -c
nonna-dataset testset --positives other.tar --negatives all.tar -o one.tar --count 1
echo "one class: $?"
nonna-dataset sheet test.tar -o sheet.png --labels && head -c 8 sheet.png | od -An -c
nonna-dataset sheet test.tar -o all.png --labels --keys && nonna-dataset sheet test.tar -o drawn.png --sample 99 && cmp all.png drawn.png
nonna-dataset sheet - -o piped.png --sample 1 --seed 3 <test.tar && nonna-dataset sheet test.tar -o one.png --sample 1 --seed 3 && cmp one.png piped.png
for wrong in "--seed 1" "--sample 2 --count 2"; do
    nonna-dataset sheet test.tar -o no.png $wrong
    echo "status $?"
done
nonna-dataset sheet all.tar -o /dev/full
echo "full disk: $?"

head -c 2000 all.tar >cut.tar
nonna-dataset pack - -o o.tar <cut.tar
echo "truncated: $?"
nonna-dataset sheet cut.tar -o o.png
echo "truncated: $?"
[ ! -e o.tar ] && [ ! -e o.png ]
