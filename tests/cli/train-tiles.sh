# nonna-train --tiles: the network in processes is the network in one piece, checkpoints are anybody's, and a process that is
# lost ends all.
i=0
while [ $i -lt 20 ]; do
    { printf 'P6\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 768; k++) printf "%c", 40 + int(60 * rand()) + int(k / 768 * 100) }' | head -c 768; } >$i.ppm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.ppm --format png -o data.tar
nonna-init tiny --whiten-from data.tar --seed 7 -o a.safetensors
common="a.safetensors --batch 10 --rate-schedule constant --validate data.tar --validate-every 25"
train() { nonna-train $common --data data.tar "$@"; }
# near ONE.tsv OTHER.tsv SHARE: the same rows, each number within that share of it
near() {
    paste "$1" "$2" | awk -F '\t' -v share="$3" '{ for (i = 1; i <= NF / 2; i++) { a = $i; b = $(i + NF / 2); d = a - b
        if (NR == 1 || i == 2 ? a != b : d * d > share * share * a * a) { print "line " NR ": " a " and " b; bad = 1 } } }
        END { if (NR < 7) print "only " NR " lines"; exit bad || NR < 7 }'
}
train --steps 50 --log one.tsv -o one.safetensors
for tiles in 1x1 1x2 2x2 3x2 6x6; do
    train --steps 50 --tiles $tiles --log $tiles.tsv -o $tiles.safetensors && near one.tsv $tiles.tsv 1e-3 && echo "$tiles: the same costs"
    [ "$(stat -c %s one.safetensors)" = "$(stat -c %s $tiles.safetensors)" ] || echo "$tiles: not as large a file"
    nonna-info --check $tiles.safetensors >checked || echo "$tiles: damaged"
done
cmp one.safetensors 1x1.safetensors && cmp one.tsv 1x1.tsv && echo "one tile: the same bytes"
cmp -s 2x2.safetensors 3x2.safetensors || echo "several: not the same last bits"
train --steps 50 --tiles 2x2 --log again.tsv -o again.safetensors
cmp again.safetensors 2x2.safetensors && cmp again.tsv 2x2.tsv && echo "again: the same bytes"
train --steps 50 --tiles 2x2 -j 8 -o again.safetensors && cmp again.safetensors 2x2.safetensors && echo "other threads: the same bytes"
nonna-train $common --steps 50 --tiles 2x2 -o again.safetensors --data - <data.tar && cmp again.safetensors 2x2.safetensors && echo "from a pipe: the same bytes"
train --steps 50 --tiles 2x2 --store bf16 -o half.safetensors && nonna-info --check half.safetensors | grep encoder:
train --steps 50 --tiles 2x2 --precision bf16 --schedule joint --log bf16.tsv -o x && rm x
train --steps 50 --precision bf16 --schedule joint --log bf16-one.tsv -o x && rm x
near bf16-one.tsv bf16.tsv 0.1 && echo "bf16: the same costs"

# A checkpoint of 2x2 is gone on from in any tiling.
train --steps 20 --tiles 2x2 --log part.tsv --checkpoint run -o x && rm x
for tiles in 2x2 3x1 1x1 none; do
    rm -rf next && cp -r run next && cp part.tsv next.tsv
    train --steps 50 $([ $tiles = none ] || echo "--tiles $tiles") --log next.tsv --checkpoint next --resume -o next.safetensors
    grep -v "^20	validate" next.tsv >rows.tsv
    near one.tsv rows.tsv 1e-3 && echo "resumed as $tiles: the same costs"
    [ $tiles = 2x2 ] && cmp next.safetensors 2x2.safetensors && cmp rows.tsv 2x2.tsv && echo "and the same bytes"
done
ls next
train --steps 60 --tiles 2x2 --checkpoint next --resume --rate 0.02 -o x
echo "another rate: $?"
nonna-init tiny --whiten-from data.tar --seed 8 -o b.safetensors
nonna-train b.safetensors --data data.tar --batch 10 --rate-schedule constant --steps 60 --tiles 2x2 --checkpoint next --resume -o x
echo "another model: $?"

# endless FOLDER: a run that goes on until something ends it
endless() {
    nonna-train $common --data data.tar --steps 1000000 --tiles 2x2 --checkpoint-every 20 --checkpoint "$1" -o never.safetensors 2>err &
    tries=0
    while [ -z "$(ls "$1"/step-* 2>/dev/null)" ] && [ $tries -lt 100000 ]; do tries=$((tries + 1)); done
}
endless interrupted
kill -TERM $!
wait $!
echo "interrupted: $?"
sed 's/[0-9][0-9]*/N/' err
endless lost
pid=$!
read -r child others </proc/$pid/task/$pid/children
kill -KILL "$child"
wait $pid
echo "a tile is lost: $?"
cat err
for other in $others; do
    [ -e /proc/"$other" ] && echo "a child is left"
done
step=$(ls lost | sed -n 's/^step-0*\([0-9]*\).*/\1/p' | tail -1)
train --steps "$step" --tiles 2x2 --checkpoint lost --resume -o lost.safetensors && echo "its last checkpoint is whole"
ls never.safetensors 2>/dev/null

train --steps 10 --tiles 2x1 --log-every 5 --timing timing.tsv -o x && rm x
cut -f 8- timing.tsv | sed 's/^[0-9.e-]*$/a share/'
train --steps 5 --tiles 7x1 -o x
echo "too many: $?"
for tiles in 2 2x 0x1 2x2x2; do
    train --steps 5 --tiles $tiles -o x
    echo "$tiles: $?"
done
train --steps 5 --tiles 2x2 --rendezvous nowhere
echo "servers: $?"
train --steps 5 --tiles 2x2 -o /dev/full
echo "full disk: $?"
printf 'no picture' >bad.png
mkdir bad && cp 1.ppm bad.png bad
sed 's/IDAT/IDOT/' data.tar >bad.tar
nonna-train a.safetensors --data bad.tar --batch 10 --steps 5 --tiles 2x2 -o x >/dev/null 2>err
echo "a bad picture: $?, in $(wc -l <err) line"
nonna-train tiny --plan --tiles 2x2 >plan
nonna-train tiny --plan >whole
awk -F '\t' 'FNR == NR { whole[$1] = $2; next } $1 == "weights" && !($2 < 0.4 * whole[$1]) { print "weights of a tile: " $2 }' whole plan
cut -f 1 plan | tr '\n' ' '
echo
ls x 2>/dev/null
exit 0
