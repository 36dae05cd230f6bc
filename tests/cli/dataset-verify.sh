# verify, and reading: what is wrong with an archive is named with archive and member. Archives by tar(1), which makes
# what the toolkit never writes.
picture() {    # picture NAME WIDTH HEIGHT BYTE
    { printf 'P5\n%d %d\n255\n' "$2" "$3"; head -c $(($2 * $3)) /dev/zero | tr '\0' "$4"; } >"$1"
}
mkdir in
for i in 0 1 2 3 4 5 6 7; do picture in/$i.pgm 2$i 30 $i; done
nonna-dataset pack in -o set.tar --format png

nonna-dataset verify set.tar
nonna-dataset verify - <set.tar
nonna-dataset verify set.tar --quick -q && cat set.tar | nonna-dataset verify - --quick --quiet && echo 'silent, from a pipe too'
nonna-dataset pack in -o - | nonna-dataset pack - -o - | nonna-dataset verify - -q -j 3 && echo 'through two pipes'

echo '== damage'
damaged() {    # damaged NAME: damaged.tar is wrong for all readers
    nonna-dataset verify "$1"
    status=$?
    nonna-dataset sheet "$1" -o sheet.png 2>/dev/null && echo 'sheet accepts it'
    nonna-dataset verify - <"$1" 2>pipe.err && echo 'the pipe accepts it'
    nonna-dataset verify "$1" --quick 2>/dev/null && echo 'quick accepts it'
    sed "s/standard input/$1/" pipe.err >said
    nonna-dataset verify "$1" 2>&1 | diff - said
    return $status
}
overwrite() {    # overwrite FROM TO OFFSET BYTES
    cp "$1" "$2" && printf "$4" | dd of="$2" bs=1 seek="$3" conv=notrunc status=none
}
size=$(wc -c <set.tar)
head -c $((size - 2048)) set.tar >padding.tar    # zeros of the end: another program might have left them out
nonna-dataset verify padding.tar -q && echo 'less padding is no fault of a plain archive'
head -c 3000 set.tar >cut.tar && damaged cut.tar
head -c 300 set.tar >cut-header.tar && damaged cut-header.tar
: >empty.tar && damaged empty.tar
gzip -c set.tar >packed.tar && damaged packed.tar
overwrite set.tar header.tar 514 X && nonna-dataset verify header.tar
overwrite set.tar header.tar 3 X && damaged header.tar
overwrite set.tar end.tar $((size - 7)) X && damaged end.tar

echo '== names, pairs, kinds'
mkdir x && tar -xf set.tar -C x
cd x
one=$(ls *.png | sed -n 1p) two=$(ls *.png | sed -n 2p)
a=${one%.png} b=${two%.png}
archive() { tar -c -f ../bad.tar --owner=0 --group=0 --mtime=@0 "$@" 2>/dev/null; cd ..; damaged bad.tar; cd x; }
archive $a.png $b.png $a.json $b.json
archive $a.png $a.json $b.png
archive $a.json
archive --hard-dereference $a.png $a.json $b.png $b.json ./$a.png ./$a.json
mkdir deep && cp $a.png $a.json deep && archive deep/$a.png deep/$a.json
archive -P "$PWD/$a.png" "$PWD/$a.json" 2>&1 | sed "s|$PWD|/...|g"
archive -P ../x/$a.png
ln -s $a.png 00000000000000aa.png && archive 00000000000000aa.png
ln $a.png 00000000000000ab.png && archive $a.png 00000000000000ab.png
mkfifo 00000000000000ac.png && archive 00000000000000ac.png
cp $a.png cat.png && archive cat.png
truncate -s 300M 00000000000000ad.png && archive 00000000000000ad.png
truncate -s 1M 00000000000000ae.png && archive -S 00000000000000ae.png
: >00000000000000af.png && cp $a.json 00000000000000af.json && archive 00000000000000af.png 00000000000000af.json
echo '{}' >00000000000000b0.json && cp $a.png 00000000000000b0.png && tar -c -f ../bad.tar 00000000000000b0.*
cd .. && nonna-dataset verify bad.tar

echo '== pictures'
cd x
same() { tar -c -f ../bad.tar --sort=name $1.*; cd ..; nonna-dataset verify bad.tar; nonna-dataset verify bad.tar --quick -q || echo 'quick decodes'; cd x; }
head -c 60 $a.png >00000000000000c0.png && cp $a.json 00000000000000c0.json && same 00000000000000c0
cp $b.png 00000000000000c1.png && cp $a.json 00000000000000c1.json && same 00000000000000c1
cp $a.png 00000000000000c2.jpg && cp $a.json 00000000000000c2.json && same 00000000000000c2
cd ..
nonna-dataset verify set.tar --max-pixels 700
nonna-dataset pack in -o small.tar --max-pixels 700
nonna-dataset verify set.tar no.tar
nonna-dataset verify

echo '== pack takes none of these for a bad picture'
for bad in cut.tar cut-header.tar empty.tar packed.tar end.tar; do
    nonna-dataset pack in $bad -o out.tar
    echo "status $?"
done
cp cut-header.tar unnamed && nonna-dataset pack unnamed -o out.tar
ls out.tar 2>/dev/null
