# nonna-classify: a head fitted, judged and used; the same bytes whatever the threads, memory and way to the responses;
# killed and gone on with; what is wrong.
stripes() {    # stripes CLASS COUNT: pictures CLASS/N.pgm, lying, standing or leaning
    mkdir -p "zoo/$1"
    i=0
    while [ $i -lt "$2" ]; do
        awk -v n=$i -v class="$1" 'BEGIN { print "P5\n16 16\n255"; for (r = 0; r < 16; r++) for (c = 0; c < 16; c++) {
            x = class == "lying" ? r : class == "standing" ? c : r + c
            printf "%c", 40 + n + (int((x + n) / 3) % 2) * 60 + (n * 7919 + r * 37 + c * c * 11) % 23 } }' >"zoo/$1/$i.pgm"
        i=$((i + 1))
    done
}
stripes lying 24; stripes standing 24; stripes leaning 24
nonna-dataset pack -q zoo --labels-from-folders --format png -o zoo.tar
nonna-dataset split -q zoo.tar -o zoo --seed 1
nonna-init -q tiny --seed 1 --whiten-from zoo-a.tar -o m.safetensors
nonna-init -q tiny --seed 2 --whiten-from zoo-a.tar -o other.safetensors
common='m.safetensors --data zoo-a.tar --layer 1.norm --layer top --batch 10'
fit() { nonna-classify fit $common "$@"; }
fails() { nonna-classify "$@"; echo "status $?"; }

echo '# fitted, judged, used'
fit -o h.safetensors --epochs 30 --log l.tsv -q -j 1; echo "status $?"
head -n 1 l.tsv
awk -F'\t' 'NR == 2 { first = $2 } END { print ($2 < first / 2 ? "the loss falls" : "the loss stays") }' l.tsv
nonna-info h.safetensors | grep -E 'classes|layers|options|weights|bias' | sed 's/options: */options: /' | tr -s ' '
nonna-classify eval m.safetensors h.safetensors zoo-b.tar -o e.tsv --confusions c.tsv --calibration p.tsv --by-class k.tsv -q
cut -f 1,5 e.tsv
awk -F'\t' '$1 == "top1" || $1 == "class_mean" { print $1, ($2 > 0.7 && $3 <= $2 && $2 <= $4 && $4 <= 1 ? "good" : $0) }' e.tsv
head -n 1 c.tsv p.tsv k.tsv
nonna-classify predict m.safetensors h.safetensors zoo/lying/2.pgm zoo/standing/3.pgm --top 2 | awk -F'\t' '
    NR == 1 { print }
    $2 == 1 { print $1, $3, ($4 > 0.5 ? "likely" : $4); first = $4 }
    $2 == 2 && ($4 > first || $4 < 0) { print "out of order: " $0 }'
nonna-classify predict m.safetensors h.safetensors zoo-b.tar --top 9 | awk -F'\t' 'NR > 1 { print $2 }' | sort | uniq -c | sed 's/^ *//'
nonna-classify predict m.safetensors h.safetensors zoo-b.tar --top 1 -o p.tsv
nonna-classify predict m.safetensors h.safetensors - --top 1 -j 1 <zoo-b.tar | cmp - p.tsv

echo '# the same bytes: threads, memory, responses computed anew'
fit -o x.safetensors --epochs 30 -q -j 3; cmp h.safetensors x.safetensors
fit -o x.safetensors --epochs 30 -q --again; cmp h.safetensors x.safetensors
fit -o s.safetensors --epochs 30 -q --store r.safetensors -j 1; nonna-info r.safetensors | grep -E 'responses|layers' | tr -s ' '
cp r.safetensors r1; fit -o x.safetensors --epochs 30 -q --store r.safetensors -j 2; cmp s.safetensors x.safetensors; cmp r.safetensors r1
nonna-classify eval -q -j 3 m.safetensors h.safetensors zoo-b.tar | cmp - e.tsv

echo '# momentum, few negatives, a penalty'
fit -o x.safetensors -q --optimizer momentum --negatives 1 --l2 1e-3 --hold-out 0 --epochs 30 --rate-schedule cosine
nonna-classify eval -q m.safetensors x.safetensors zoo-b.tar --bootstrap 0 | awk -F'\t' '$1 == "top1" { print ($2 > 0.7 ? "good" : $0), $3, $4 }'

echo '# asked to end, and gone on with'
for way in "--epochs 400 --patience 400 --negatives 1" "--epochs 300 --optimizer momentum --momentum 0.5 --hold-out 0"; do
    fit $way -o whole.safetensors -q --checkpoint whole --log whole.tsv -j 1
    rm -f parts parts.tsv
    killed=0
    for kill in 1 2 3; do
        nonna-classify fit $common $way -o parts.safetensors -q --checkpoint parts --checkpoint-every 1 --resume \
            --log parts.tsv 2>said &
        run=$!
        rm -f before; [ ! -e parts ] || cp parts before
        while kill -0 $run 2>/dev/null && { [ ! -e parts ] || cmp -s parts before; }; do :; done 2>/dev/null
        if [ $kill -lt 3 ]; then kill -TERM $run; else kill -9 $run; fi 2>/dev/null
        wait $run 2>/dev/null
        [ $? -eq 0 ] || killed=$((killed + 1))
    done
    [ $killed -gt 0 ] || echo "none was killed"
    fit $way -o parts.safetensors -q --checkpoint parts --resume --log parts.tsv -j 2
    cmp whole.safetensors parts.safetensors && cmp whole.tsv parts.tsv && cmp whole parts && echo same
done
nonna-classify fit $common --epochs 1000000 --patience 1000000 -o x.safetensors -q --checkpoint c --checkpoint-every 1 &
run=$!
while kill -0 $run 2>/dev/null && [ ! -e c ]; do :; done
kill -TERM $run; wait $run; echo "asked to end: $?"
fails fit m.safetensors --data zoo-a.tar --checkpoint c --resume -o x.safetensors
head -c 3000 c >cut; fails fit m.safetensors --data zoo-a.tar --checkpoint cut --resume -o x.safetensors 2>&1 | sed 's/[0-9]* are there/some are there/'

echo '# the plan'
nonna-classify fit paper --plan --classes 22000 | grep -v available
nonna-classify fit tiny --plan --data zoo-a.tar --layer all | sed -n 2,3p

echo '# classes with too little, and too much'
mkdir -p few/dodo few/lying few/standing
cp zoo/lying/[1-8].pgm few/lying; cp zoo/standing/[1-8].pgm few/standing; cp zoo/leaning/1.pgm few/dodo
nonna-dataset pack -q few --labels-from-folders -o few.tar
fails fit m.safetensors --data few.tar -o dodo.safetensors --epochs 3
fails eval m.safetensors dodo.safetensors zoo-b.tar
fails eval m.safetensors dodo.safetensors zoo-b.tar --unknown wrong -o w.tsv --confusions c.tsv --by-class k.tsv --calibration p.tsv
# The tables tell of the same pictures.
wrong=$(awk -F'\t' 'NR > 1 { n += $3 } END { print n + 0 }' c.tsv)
right=$(awk -F'\t' 'NR > 1 && $2 > 0 { n += $2 * $3 } END { printf "%d", n + 0.5 }' k.tsv)
binned=$(awk -F'\t' 'NR > 1 { n += $3 } END { print n }' p.tsv)
echo "$((wrong + right)) pictures, $binned in bins"
tail -n +2 c.tsv | cut -f 1 | sort -u
tail -n +2 c.tsv | cut -f 3 | sort -nrc && echo "the most first"
awk -F'\t' '$1 == "top1" { print ($4 < 0.7 ? "a third is wrong" : $0), $5 }' w.tsv
fails eval m.safetensors dodo.safetensors zoo-b.tar --unknown skip -o /dev/null
nonna-dataset pack -q zoo/leaning --label leaning -o leaning.tar
fails eval m.safetensors dodo.safetensors leaning.tar --unknown skip
fails fit m.safetensors --data leaning.tar -o x.safetensors
nonna-dataset pack -q few/dodo/1.pgm --label a -o one.tar; nonna-dataset pack -q few/lying/2.pgm --label b -o two.tar
fails fit m.safetensors --data one.tar --data two.tar -o x.safetensors -q
fails fit m.safetensors --data one.tar --data two.tar -o x.safetensors -q --hold-out 0 --epochs 2
nonna-dataset pack -q zoo -o bare.tar
fails fit m.safetensors --data bare.tar -o y.safetensors

echo '# wrong'
fails eval other.safetensors h.safetensors zoo-b.tar
fails predict other.safetensors h.safetensors zoo-b.tar
fails eval m.safetensors m.safetensors zoo-b.tar
fails eval m.safetensors l.tsv zoo-b.tar
fails predict m.safetensors h.safetensors zoo
fails predict m.safetensors h.safetensors none.png
head -c 900 h.safetensors >cut; fails eval m.safetensors cut zoo-b.tar
fails fit m.safetensors --data zoo-a.tar -o y.safetensors --layer 7.norm
fails fit m.safetensors --data zoo-a.tar -o y.safetensors --negatives 3
fails fit m.safetensors --data zoo-a.tar -o y.safetensors --negatives some
fails fit m.safetensors --data zoo-a.tar -o y.safetensors --store r.safetensors
fails fit m.safetensors --data zoo-b.tar -o y.safetensors --store r.safetensors --layer 1.norm --layer top
fails fit m.safetensors --data zoo-a.tar -o zoo-a.tar
fails fit m.safetensors --data zoo-a.tar
fails fit m.safetensors -o y.safetensors
fails fit m.safetensors --data zoo-a.tar -o y.safetensors --resume
fails fit m.safetensors --data zoo-a.tar -o y.safetensors --momentum 0.5
fails fit m.safetensors --data zoo-a.tar -o y.safetensors --classes 5
fails fit m.safetensors --data zoo-a.tar -o y.safetensors --store q --again
fails fit m.safetensors --data zoo-a.tar -o y.safetensors --optimizer momentum --rate 1e6 --l2 1e6 --hold-out 0
(flock 9; fit -q --checkpoint held -o y.safetensors; echo "locked: $?") 9>held.lock
fit -q -o /dev/full --epochs 1; echo "full disk: $?"
ls y.safetensors 2>/dev/null
exit 0
