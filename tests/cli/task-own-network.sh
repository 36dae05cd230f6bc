# A reader's task as one types it: an own concept and an own architecture against the shipped one, over three seeds, to a
# page that compares them.
. "$SOURCE/tests/cli/include/own-pictures.sh"
own_pictures

# --- as typed
nonna-dataset pack animals --labels-from-folders --size 16 -o animals.tar
sed 's/^maps = .*/maps = 6/' "$SOURCE/share/nonna/architectures/tiny.conf" >own.conf
printf 'concept\tmethod\tseed\tsweep\n' >list.tsv
for arch in tiny own.conf; do
    name=${arch%.conf}
    for seed in 1 2 3; do
        run=runs/$name-$seed
        mkdir -p $run
        nonna-init $arch --whiten-from animals.tar --seed $seed -o $run/random.safetensors
        nonna-train $run/random.safetensors --data animals.tar --validate animals.tar --steps 40 --batch 12 --seed $seed \
            --log $run/log.tsv -o $run/model.safetensors -q
        nonna-sweep $run/model.safetensors animals.tar --positive cat --held-out --seed $seed -o $run/sweep-top.tsv -q
        printf 'cat\t%s\t%s\t%s\n' $name $seed $run/sweep-top.tsv >>list.tsv
    done
done
nonna-compare list.tsv --runs runs.tsv -o comparison.tsv
nonna-report runs -o comparison.html -q >runs.txt
# ---

cut -d " " -f 1 runs.txt
cut -f 1-3 comparison.tsv
cut -f 1-3 runs.tsv
cmp -s runs/own-1/model.safetensors runs/own-2/model.safetensors && echo "the seed changes nothing"
awk -F '\t' 'NR > 1 && ($4 < 0.5 || $4 > 1) { print "no accuracy: " $0 }' comparison.tsv
for run in tiny-1 tiny-2 tiny-3 own-1 own-2 own-3; do grep -q "$run" comparison.html || echo "the page has no $run"; done
grep -o '<h1>[^<]*' comparison.html | head -n 1
