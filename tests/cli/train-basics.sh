# init, train and info: a run stopped at any moment and resumed gives the bytes of an uninterrupted one; wrong usage.
# Pictures of seeded noise, with a gradient in them.
i=0
while [ $i -lt 20 ]; do
    { printf 'P6\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 768; k++) printf "%c", 40 + int(60 * rand()) + int(k / 768 * 100) }' | head -c 768; } >$i.ppm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.ppm --format png -o data.tar
nonna-init tiny --whiten-from data.tar --seed 7 -o a.safetensors
nonna-init tiny --whiten-from data.tar --seed 7 -j 1 -o b.safetensors
cmp a.safetensors b.safetensors && echo "same seed, same bytes"
nonna-init tiny --whiten-from data.tar --seed 8 -o b.safetensors
cmp -s a.safetensors b.safetensors || echo "another seed, another model"

common="a.safetensors --data data.tar --batch 10 --rate-schedule constant --validate data.tar --validate-every 50"
train() { nonna-train $common "$@"; }
train --steps 400 --log whole.tsv -o whole.safetensors
head -1 whole.tsv | tr '\t' '\n'
cut -f 1,2 whole.tsv | tail -2

# Stopped once the first checkpoint is there; then on to the end. A finished run is done already when asked again.
nonna-train $common --steps 1000000 --checkpoint-every 20 --checkpoint run --log parts.tsv -o never.safetensors 2>err &
tries=0
while [ -z "$(ls run/step-* 2>/dev/null)" ] && [ $tries -lt 100000 ]; do tries=$((tries + 1)); done
kill -TERM $!    # a shell starts background jobs with SIGINT ignored
wait $!
echo "interrupted: $?"
sed 's/[0-9][0-9]*/N/' err
[ -e never.safetensors ] && echo "an unfinished model was written"
stopped=$(ls run | sed -n 's/^step-0*\([0-9]*\).*/\1/p' | tail -1)
train --steps $((stopped + 150)) --checkpoint run --log parts.tsv --resume -o parts.safetensors
train --steps $((stopped + 150)) --log once.tsv -o once.safetensors
cmp parts.safetensors once.safetensors && cmp parts.tsv once.tsv && echo "resumed equals uninterrupted"
train --steps $((stopped + 150)) --checkpoint run --log parts.tsv --resume -o again.safetensors
cmp parts.safetensors again.safetensors && cmp parts.tsv once.tsv && echo "a second run changes nothing"
ls run | sed 's/[0-9][0-9]*/N/'

# Checkpoints that are kept, each of them a model: a curve of learning.
awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { for (s = 1; s <= 2; s++) { p = $at["stage" s "_penalty"]; sum += p + $at["stage" s "_reconstruction"]
          if (!(p > 0)) print "no penalty of stage " s }
      d = sum - $at["cost"]; if (d * d > 1e-10 * sum * sum) print "the parts are not the cost: " $0; sum = 0 }' whole.tsv
for keep in all 3 1; do
    train --steps 50 --checkpoint-every 10 --checkpoint-keep $keep --checkpoint kept$keep -o kept.safetensors
    ls kept$keep | tr '\n' ' '
    echo
done
train --steps 20 -o twenty.safetensors
nonna-respond -q keptall/step-000000020.safetensors data.tar -o a.npy
nonna-respond -q twenty.safetensors data.tar -o b.npy
cmp a.npy b.npy && echo "a checkpoint is the model of its step"
for keep in 0 -1 some 2x ''; do
    train --steps 5 --checkpoint-keep "$keep" --checkpoint never -o x
    echo "kept '$keep': $?"
done

train --steps 5 --checkpoint run -o x
echo "folder in use: $?"
train --steps 9000000 --checkpoint run --resume --rate 0.02 -o x 2>/dev/null
echo "another run: $?"
(flock -n 9 && train --steps 5 --checkpoint run --resume -o x) 9<run/lock
echo "locked: $?"
train --steps 5 --resume -o x
echo "no checkpoint named: $?"
train --steps 5 --data data.tar:0 -o x
echo "weight 0: $?"
train --steps 5 --data data.tar:2 --data data.tar -o mixed.safetensors && echo "mixed"
train --steps 30 --optimizer sgd --rate 1e6 -o x 2>/dev/null
echo "diverged: $?"
train --steps 2 -o /dev/full
echo "full disk: $?"
head -c 3000 data.tar >cut.tar
nonna-train a.safetensors --data cut.tar --steps 1 -o x
echo "cut data: $?"
head -c 3000 a.safetensors >cut.safetensors
nonna-train cut.safetensors --data data.tar --steps 1 -o x
echo "cut model: $?"
nonna-train a.safetensors --data data.tar --steps 0 --validate data.tar --log none.tsv --checkpoint none -o none.safetensors
echo "no step: $?, $(cut -f1,2 none.tsv | tail -n 1), $(ls none)"
nonna-respond a.safetensors data.tar -o a.npy && nonna-respond none.safetensors data.tar -o none.npy && cmp a.npy none.npy
nonna-init nosuch -o x
echo "no architecture: $?"
nonna-info --count paper | tail -3
nonna-info --check a.safetensors | head -3
nonna-info --check cut.safetensors data.tar
echo "check: $?"
nonna-info --json a.safetensors | head -c 20
echo
# Half the room, and the same model to 8 bits: it is trained on, and copied to full width, from what it says.
train --steps 20 --store bf16 -o half.safetensors
[ $(($(stat -c %s half.safetensors) * 10)) -lt $(($(stat -c %s twenty.safetensors) * 6)) ] && echo "smaller"
nonna-respond -q half.safetensors data.tar -o b.npy
cmp -s a.npy b.npy || echo "rounded"
nonna-train half.safetensors --data data.tar --steps 1 -o x && rm x && echo "trained on"
nonna-info --check half.safetensors
nonna-train a.safetensors --data data.tar --store bf16 --rendezvous nowhere
echo "nothing to store: $?"
ls x 2>/dev/null
exit 0
