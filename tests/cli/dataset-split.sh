# split: halves by class, at random and by group; the same by the same seed; what one picture cannot do is told.
picture() {    # picture NAME NUMBER: each another
    awk -v n="$2" 'BEGIN { print "P5\n8 8\n255"; for (i = 0; i < 64; i++) printf "%c", 33 + (i * n + i * i * 7) % 90 }' >"$1"
}
n=0
for class in ant bee cow; do
    for i in 1 2 3 4 5 6 7 8 9; do
        mkdir -p "zoo/$class/film$((i % 4))"
        n=$((n + 1))
        picture "zoo/$class/film$((i % 4))/$i.pgm" $n
    done
done
nonna-dataset pack -q zoo --labels-from-folders -o zoo.tar
halves() { for h in a b; do tail -n +2 "$1-$h.tsv" | cut -f 2,3 | sort | uniq -c | sed 's/^ *//'; done; }

echo '# by class'
nonna-dataset split zoo.tar -o half --seed 1
head -n 1 half-a.tsv
halves half
tar xOf half-b.tar --wildcards '*.json' | grep -o '"half":"[ab]"' | sort | uniq -c | sed 's/^ *//'
cat half-a.tsv half-b.tsv | cut -f 1 | grep -v key | sort >keys
tar tf zoo.tar | grep json | sed 's/.json//' | sort | cmp - keys && echo 'every picture once'
nonna-dataset verify -q half-a.tar && nonna-dataset verify -q half-b.tar

echo '# the same again, from a pipe; another by another seed'
nonna-dataset split -q - -o again --seed 1 <zoo.tar
cmp half-a.tar again-a.tar && cmp half-b.tsv again-b.tsv && echo same
nonna-dataset split -q zoo.tar -o other --seed 2
cmp -s half-a.tsv other-a.tsv || echo other

echo '# at random: classes as chance has it, the halves alike; labels are not needed'
nonna-dataset split zoo.tar -o chance --by random --seed 3
halves chance
nonna-dataset pack -q zoo -o bare.tar
nonna-dataset split bare.tar -o bare --by random

echo '# by group, in three parts: nobody in two of them'
nonna-dataset split zoo.tar -o film=2:1:1 --group-by folder --seed 1
cat film-[abc].tsv | cut -f 3,4 | grep -v half | sort -u | cut -f 2 | uniq -d

echo '# too few pictures'
picture one.pgm 31; picture two.pgm 33
nonna-dataset pack -q one.pgm --label lone -o lone.tar
mkdir few && cp -r zoo/ant few/ && mkdir few/dodo few/moa && mv one.pgm few/dodo && mv two.pgm few/moa
nonna-dataset pack -q few --labels-from-folders -o few.tar
nonna-dataset split few.tar -o few; echo "status $?"
rm -r few/moa
nonna-dataset pack -q few --labels-from-folders -o fewer.tar
nonna-dataset split -q fewer.tar -o fewer; echo "status $?"

echo '# refused'
nonna-dataset split bare.tar -o x; echo "status $?"
nonna-dataset split lone.tar -o x; echo "status $?"
nonna-dataset split zoo.tar -o x=1; echo "status $?"
nonna-dataset split zoo.tar -o =1:1; echo "status $?"
nonna-dataset split zoo.tar -o -; echo "status $?"
cp zoo.tar x-a.tar; nonna-dataset split x-a.tar -o x; echo "status $?"; cmp zoo.tar x-a.tar; rm x-a.tar
head -c 5000 zoo.tar >cut.tar; nonna-dataset split cut.tar -o x; echo "status $?"
ls x-* 2>/dev/null
exit 0
