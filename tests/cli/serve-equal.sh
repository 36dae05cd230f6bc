# nonna-serve, nonna-train: one replica that fetches and pushes every step gives the table of training alone, bit for bit.
. "$SOURCE/tests/cli/include/servers.sh"
validate="--validate data.tar --validate-every 10 --log-every 1"

# equal NAME "SERVER OPTIONS" "SHARDS..." OPTION...: alone with -j 1, on servers with -j 2
equal() {
    what=$1 how=$2 urls=
    shards=$3
    shift 3
    i=0
    for shard in $shards; do
        serve $i --shard "$shard" $how -j $((i % 2 + 1))
        urls=$urls,$(url $i)
        i=$((i + 1))
    done
    train -q --steps 40 $validate $how -j 1 "$@" --log alone.tsv -o alone.safetensors
    train -q --steps 40 $validate -j 2 "$@" --servers "${urls#,}" --log served.tsv -o served.safetensors
    cmp alone.tsv served.tsv && echo "$what: equal"
    served counts $(echo "${urls#,}" | tr ',' ' ')
    while [ $i -gt 0 ]; do
        i=$((i - 1))
        stop $i
    done
}
five="0/5 1/5 2/5 3/5 4/5"
for rule in sgd momentum adagrad turn; do
    equal "$rule, 1 shard" "--optimizer $rule --rate 0.004" 0/1 --rate-schedule constant
    equal "$rule, 2 shards" "--optimizer $rule --rate 0.004" "0/2 1/2" --rate-schedule constant
    equal "$rule, 5 shards, cosine" "--optimizer $rule --rate 0.004" "$five" --rate-schedule cosine
done
for schedule in stagewise greedy tuned; do
    equal "$schedule" "--optimizer adagrad" "0-1/3 2/3" --schedule $schedule
done
# biases are segments as any other: autoencoders, tied and not, cut wherever five shards cut them
printf '[network]\nside = 16\nwhitening = 5\n[stage1]\nkind = autoencoder\nfield = 5\nmaps = 4\n[stage2]\nkind = autoencoder\nfield = 4\nmaps = 3\ntied = false\n' >sigmoid.conf
mv a.safetensors tiny.safetensors
nonna-init -q ./sigmoid.conf --whiten-from data.tar --seed 7 -o a.safetensors
for rule in momentum adagrad turn; do
    equal "autoencoders, $rule" "--optimizer $rule --rate 0.004" "$five" --rate-schedule constant
done
equal "autoencoders, greedy" "--optimizer adagrad" "0-1/3 2/3" --schedule greedy
mv tiny.safetensors a.safetensors
equal "8 shards in one process" "--optimizer adagrad" 0-7/8
equal "bf16" "--optimizer momentum --rate 0.004" "0/2 1/2" --precision bf16

# over ipc, found in a folder; the model too, but for what it says of its making
serve s --shard 0-1/3 --listen ipc://s --rendezvous found
serve t --shard 2/3 --listen ipc://t --rendezvous found
train -q --steps 40 $validate --optimizer adagrad --log alone.tsv -o alone.safetensors
train -q --steps 40 $validate --rendezvous found --log served.tsv -o served.safetensors
cmp alone.tsv served.tsv && echo "ipc: equal"
numbers() { tail -c 20000 "$1" | sha256sum; }
[ "$(numbers alone.safetensors)" = "$(numbers served.safetensors)" ] && echo "ipc: the same parameters"
stop s && stop t && ls found

# stopped and resumed: the servers go on where they are, the replica where its checkpoint is
serve s --shard 0/1
train -q --steps 60 $validate --checkpoint run --checkpoint-every 20 --log parts.tsv --servers "$(url s)" --patience 20
train -q --steps 80 $validate --checkpoint run --log parts.tsv --servers "$(url s)" --resume
train -q --steps 80 $validate --optimizer adagrad --log alone.tsv -o alone.safetensors
cmp alone.tsv parts.tsv && echo "resumed: equal"
stop s
exit 0
