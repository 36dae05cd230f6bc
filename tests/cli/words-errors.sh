# Errors that say what was probably meant, and where to look.
python=/usr/bin/python3
try() {
    "$@" >/dev/null
    echo "$1 $?" >&2
}
i=0
while [ $i -lt 12 ]; do
    { printf 'P5\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 256; k++) printf "%c", 40 + int(80 * rand()) }' | head -c 256; } >$i.pgm
    i=$((i + 1))
done
mkdir folder && mv ./*.pgm folder
nonna-dataset pack -q folder -o set.tar
mkdir some && cp folder/[0-3].pgm some
nonna-dataset pack -q some --label face -o faces.tar
nonna-init tiny --whiten-from set.tar -o m.safetensors
nonna-respond m.safetensors set.tar -o r.npy

echo '# misspelt'
try nonna-train --rat 1
try nonna-train --stpes=4
try nonna-train -x
try nonna-dataset --size 4 pack
try nonna-dataset pakc
try nonna-dataset pack --seze 3
try nonna-dataset unheard-of
try nonna -w
try nonna tarin
try nonna help tarin
try nonna help dataset biuld
try nonna help unheard-of
printf 'stesp = 3\n' >typo.conf
try nonna-train --config typo.conf --print-config
printf '[pakc]\nsize = 3\n' >typo.conf
try nonna-dataset --config typo.conf pack --print-config
try nonna-init stduy -o x
sed 's/^field/feild/' "$SOURCE/share/nonna/architectures/tiny.conf" >tiny.conf
try nonna-init ./tiny.conf -o x

echo '# one kind of file for another'
try nonna-respond set.tar m.safetensors -o x
try nonna-respond m.safetensors m.safetensors -o x
try nonna-respond m.safetensors r.npy -o x
try nonna-respond m.safetensors folder -o x
try nonna-respond folder set.tar -o x
try nonna-train m.safetensors --data folder -o x
try nonna-train tiny --data set.tar -o x
try nonna-train ./tiny.conf --data set.tar -o x
try nonna-init m.safetensors -o x
try nonna-info tiny
try nonna-info localhost:4000
try nonna-frames folder -o x
try nonna-train m.safetensors --data set.tar --servers localhost:4000
try nonna-serve m.safetensors --listen localhost:4000
try nonna-serve m.safetensors --listen localhost
try nonna-serve m.safetensors --metrics localhost:9100
try nonna-train m.safetensors --data set.tar --servers tcp://localhost:4000,localhost:4001
try nonna-train m.safetensors --data set.tar:2:3 -o x
try nonna-train m.safetensors --data set.tar:many -o x
try nonna-baseline linear set.tar --data set.tar:2:3

echo '# labels that are there'
try nonna-sweep m.safetensors faces.tar --positive fase
printf 'label\ncat\ndog\ncat\n' >three.tsv
try nonna-sweep --responses r.npy --labels three.tsv --positive bird

echo '# what would do nothing'
try nonna-train m.safetensors --data set.tar -o x --optimizer sgd --momentum 0.5
try nonna-train m.safetensors --data set.tar -o x --optimizer turn --rate 1.5
try nonna-train m.safetensors --data set.tar -o x --checkpoint-keep 3
try nonna-train m.safetensors --data set.tar -o x --checkpoint-every 3
try nonna-train m.safetensors --data set.tar -o x --validate-every 3
try nonna-serve m.safetensors --optimizer adagrad --momentum 0.5
try nonna-serve m.safetensors --optimizer turn --rate 2
try nonna-cluster m.safetensors --data set.tar -o x --optimizer adagrad --momentum 0.5
{ sed '/^\[training\]/,$d' "$SOURCE/share/nonna/architectures/tiny.conf"; printf '[training]\noptimizer = sgd\nmomentum = 0.5\n'; } >momentum.conf
try nonna-train --plan ./momentum.conf

echo '# another run'
train() { NONNA_TRAIN_BATCH=4 NONNA_TRAIN_STEPS=2 nonna-train -q m.safetensors --checkpoint run -o x "$@"; }
train --data set.tar
for other in '--batch 5' '--seed 2' '--rate 0.01' '--optimizer sgd' '--rate-schedule step' '--precision bf16' '--steps 3' '--data faces.tar' '--batch 5 --seed 2'; do
    case $other in --data*) ;; *) other="$other --data set.tar" ;; esac
    # shellcheck disable=SC2086
    train --resume $other
    echo "$other: $?" >&2
done
[ -e never ] && echo written
exit 0
