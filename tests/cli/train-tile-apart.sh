# nonna-train --tile: the same network in processes that somebody starts one by one, who find each other in a folder.
i=0
while [ $i -lt 12 ]; do
    { printf 'P6\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 768; k++) printf "%c", 40 + int(60 * rand()) + int(k / 768 * 100) }' | head -c 768; } >$i.ppm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.ppm --format png -o data.tar
nonna-init tiny --whiten-from data.tar --seed 7 -o a.safetensors
common="a.safetensors --data data.tar --batch 4 --rate-schedule constant -j 1"
# tile R,C OPTION...: one of 2x2, in the background; its messages are in R,C.err, its status in R,C.status
tile() {
    name=$1
    shift
    {
        nonna-train $common --tile "$name/2x2" --rendezvous run "$@" 2>"$name.err" &
        echo $! >"$name.pid"
        wait $!
        echo $? >"$name.status"
    } 2>/dev/null &    # the shell says there who was killed
}
all() {
    for at in 0,0 0,1 1,0 1,1; do tile $at "$@"; done
}
ends() { for at in 0,0 0,1 1,0 1,1; do echo "$at: $(cat $at.status)"; done; }

nonna-train $common --tiles 2x2 --steps 30 --log here.tsv -o here.safetensors
all --steps 30 --log apart.tsv --timing timing.tsv --checkpoint kept -o apart.safetensors
wait
ends
cat ./*.err
cmp here.safetensors apart.safetensors && cmp here.tsv apart.tsv && echo "the same bytes"
head -1 timing.tsv | cut -f 8-
all --steps 40 --checkpoint kept --resume --tile-listen tcp://127.0.0.1:0 -o on.safetensors
wait
nonna-train $common --tiles 2x2 --steps 40 -o here.safetensors
cmp here.safetensors on.safetensors && echo "resumed over tcp: the same bytes"

# A signal to one of them ends all of them behind the same step, with a checkpoint.
endless() {
    rm -rf run
    all --steps 1000000 --checkpoint-every 20 --checkpoint "$1" --patience 60 -o never.safetensors
    tries=0
    while [ -z "$(ls "$1"/step-* 2>/dev/null)" ] && [ $tries -lt 200000 ]; do tries=$((tries + 1)); done
}
endless interrupted
kill -TERM "$(cat 1,0.pid)"
wait
ends
sed 's/[0-9][0-9]*/N/' ./*.err | sort | uniq -c
endless lost
kill -KILL "$(cat 0,1.pid)"
wait
ends
grep -l "tile" 0,0.err 1,0.err 1,1.err
step=$(ls lost | sed -n 's/^step-0*\([0-9]*\).*/\1/p' | tail -1)
nonna-train $common --steps "$step" --checkpoint lost --resume -o lost.safetensors && echo "its last checkpoint is whole"
ls never.safetensors 2>/dev/null

nonna-train $common --steps 5 --tile 0,0/2x2 -o x
echo "no folder: $?"
nonna-train $common --steps 5 --tile 2,0/2x2 --rendezvous run -o x
echo "no such tile: $?"
nonna-train $common --steps 5 --tile 0,0/2x2 --tiles 2x2 --rendezvous run -o x
echo "both: $?"
nonna-train $common --steps 5 --tile 0,0/2x2 --rendezvous run --push-every 2 -o x
echo "push: $?"
nonna-train $common --steps 5 --tile 0,0/2x2 --rendezvous run --tile-listen tcp://0.0.0.0:0 -o x
echo "open to all: $?"
exit 0
