# nonna-train --resume: whose a checkpoint is and whether it is whole, and what is not kept.
i=0
while [ $i -lt 12 ]; do
    { printf 'P6\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 768; k++) printf "%c", 40 + int(60 * rand()) + int(k / 768 * 100) }' | head -c 768; } >$i.ppm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.ppm --format png -o data.tar
nonna-dataset pack -q ./[0-5].ppm --format png -o half.tar
nonna-init tiny --whiten-from data.tar --seed 1 -o one.safetensors
nonna-init tiny --whiten-from data.tar --seed 2 -o two.safetensors
nonna-init tiny --whiten-from half.tar --seed 1 -o white.safetensors
train() { nonna-train -q "$@" --data data.tar --batch 4 -j 1 --rate-schedule constant --checkpoint run --checkpoint-every 10; }
train one.safetensors --steps 20 -o once.safetensors
cp -r run kept
ls run
again() { rm -rf run; cp -r kept run; }

# Another model: of another seed, of another whitening, a trained one; the run's own result is none.
for model in two white; do
    train $model.safetensors --steps 30 --resume -o x
    echo "$model: $?"
done
nonna-train -q one.safetensors --data half.tar --batch 4 --steps 5 -o other.safetensors
train other.safetensors --steps 30 --resume -o x
echo "another run's result: $?"
cp one.safetensors place.safetensors
train one.safetensors --steps 25 --resume -o place.safetensors
train place.safetensors --steps 28 --resume -o place.safetensors
train place.safetensors --steps 30 --resume -o place.safetensors
nonna-train -q one.safetensors --data data.tar --batch 4 -j 1 --rate-schedule constant --steps 30 -o straight.safetensors
cmp place.safetensors straight.safetensors && echo "trained in place"
again
train one.safetensors --steps 30 --resume --rate 0.02 -o x
train one.safetensors --steps 30 --resume --seed 2 -o x
train one.safetensors --steps 30 --resume --optimizer sgd -o x
nonna-train -q one.safetensors --data half.tar --batch 4 -j 1 --rate-schedule constant --checkpoint run --steps 30 --resume -o x

# Another rate, on purpose: from the step where it goes on, said in model and checkpoints, and itself resumed to the bit.
paces() { nonna-info "$1" | grep -o 'paces.*'; }
learn() { nonna-train "$@" --data data.tar -j 1 --checkpoint run --checkpoint-every 10; }    # learn MODEL OPTION...
slow() { learn one.safetensors --batch 4 --rate-schedule constant --rate 0.004 "$@"; }
again
slow --steps 40 --resume --change rate -o changed.safetensors --log changed.tsv
paces changed.safetensors && paces run/step-000000040.safetensors
cut -f1,4 changed.tsv
again
slow --steps 30 --resume --change rate -q -o x
slow --steps 40 --resume -q -o resumed.safetensors && cmp resumed.safetensors changed.safetensors && echo "resumed without a word of it"
again
slow --steps 30 --resume --change rate -q -o x
slow --steps 40 --resume --change rate -o resumed.safetensors && cmp resumed.safetensors changed.safetensors && echo "resumed by the same command"
cmp -s changed.safetensors straight.safetensors || echo "another model"
train one.safetensors --steps 50 --resume -o x; echo "back again, by mistake: $?"
train one.safetensors --steps 40 --resume --change rate -o back.safetensors && paces back.safetensors
falling() { learn one.safetensors --batch 4 --rate-schedule cosine -q "$@"; }
falling --steps 50 --resume --change rate -o x; echo "and another schedule: $?"
falling --steps 50 --resume --change rate,rate-schedule -o falling.safetensors && paces falling.safetensors
falling --steps 60 --resume --change rate -o x; echo "and another number of steps: $?"
falling --steps 60 --resume --change steps -o longer.safetensors && paces longer.safetensors
nonna-train -q longer.safetensors --data data.tar --batch 4 --steps 5 --checkpoint fresh -o x && paces fresh/step-000000005.safetensors
for wrong in "--batch 5" "--batch 4 --seed 5" "--batch 4 --optimizer sgd"; do
    learn one.safetensors --steps 60 --resume --change rate,steps,rate-schedule -o x $wrong; echo "status $?"
done
for change in batch rate,rate rate,,steps; do slow --steps 60 --resume --change $change -o x; echo "$change: $?"; done
slow --steps 60 --change rate -o x; echo "nothing to change: $?"
again

# Every kind of damage to the newest is found, and the one before gives what an uninterrupted run gives.
damaged() {    # damaged NAME COMMAND...
    what=$1
    shift
    again
    "$@" run/step-000000020.safetensors
    train one.safetensors --steps 20 --resume -o x 2>err
    echo "$what: $?, $(grep -c 'step-000000020.safetensors: .*; passed over' err) named"
    cmp x once.safetensors && cmp run/step-000000020.safetensors kept/step-000000020.safetensors && ls run | wc -l
    rm -f x
}
size=$(wc -c <run/step-000000020.safetensors)
flipped() {    # flipped PLACE BITS FILE
    printf '%b' "$(printf '\\0%03o' $(($(od -An -tu1 -j "$1" -N 1 "$3") ^ $2)))" | dd of="$3" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
damaged "cut" truncate -s -1
damaged "empty" truncate -s 0
damaged "longer" truncate -s +1
damaged "its last bit" flipped $((size - 1)) 1
damaged "its middle" flipped $((size / 2)) 64
damaged "its first byte" flipped 0 1
damaged "a word of its header" sed -i '1s/"seed":"1"/"seed":"7"/'
damaged "its run" sed -i '1s/batch 4 /batch 5 /'
damaged "its padding" sed -i '1s/"}} *$/&/; 1s/} \( *\)/}\1\t/'
damaged "its digest" sed -i '1s/"sha256":"\(.\)/"sha256":"g/'
damaged "no digest" sed -i '1s/"sha256"/"sha257"/'
again
for step in 10 20; do truncate -s -1 run/step-0000000$step.safetensors; done
train one.safetensors --steps 20 --resume -o x
echo "both: $?"

# Sealed, but of a run that diverged, as earlier versions kept it: the last number is infinite.
again
newest=run/step-000000020.safetensors
printf '\000\000\200\177' | dd of=$newest bs=1 seek=$(($(wc -c <$newest) - 4)) conv=notrunc 2>/dev/null
seal=$(head -c 10000 $newest | grep -a -o '"sha256":"[0-9a-f]*"' | cut -d '"' -f 4)
new=$(sed "1s/$seal/$(printf %064d 0)/" $newest | sha256sum | cut -c 1-64)
sed -i "1s/$seal/$new/" $newest
nonna-info --check $newest
train one.safetensors --steps 20 --resume -o infinite.safetensors && cmp infinite.safetensors once.safetensors && echo "infinite: passed over"

# Numbers that are none are nobody's accident.
refused() {
    again
    sed -i "1s/$1/$2/" run/step-000000020.safetensors
    train one.safetensors --steps 20 --resume -o x
    echo "refused: $?"
}
refused '"step":"20"' '"step":"-7"'
refused '"step":"20"' '"step":"2x"'
refused '"step":"20"' '"step":"  "'
refused '"step":"20"' '"step":"12"'
refused '"positions":"80 "' '"positions":"8x "'
refused '"positions":"80 "' '"positions":"   "'
refused '"positions":"80 "' '"positions":"-1 "'

# What a killed run was writing goes with the next; what is not ours, or somebody is at work on, stays.
again
head -c 1000 once.safetensors >run/.step-000000020.safetensors.12345-1
head -c 1000 once.safetensors >.x.12345-2
echo >.x.notes
echo >.x.12345-3
train one.safetensors --steps 20 --resume -o y
ls -A run
(flock -n 9 && train one.safetensors --steps 20 --resume -o x) 9<.x.12345-3
ls -A | grep '^\.'

# A last step whose update overflows is not kept.
nonna-init "$SOURCE/tests/cli/include/free.conf" --whiten-from data.tar -o free.safetensors
kept=0
failed=0
for steps in 1 2 3 4 5 6 7 8; do
    rm -rf run x
    if train free.safetensors --optimizer sgd --rate 1e3 --steps $steps -o x 2>>diverged; then
        kept=$((kept + 1))
        nonna-respond -q x data.tar -o r.npy || echo "step $steps: kept, and of no use"
    else
        failed=$((failed + 1))
        [ "$(ls x run/step-* 2>/dev/null)" ] && echo "step $steps: something was kept"
    fi
done
[ $kept -gt 0 ] && [ $failed -gt 0 ] && echo "kept until it diverged"
sed 's/step [0-9]*/step N/' diverged | sort -u
exit 0
