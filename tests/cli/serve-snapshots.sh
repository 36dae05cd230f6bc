# nonna-serve's snapshots: a full disk, a torn file, another number of shards, another model and rule.
. "$SOURCE/tests/cli/include/servers.sh"
rule="--optimizer momentum --rate 0.001"

# A limit of file size is a full disk: the last snapshot is kept, a message says so, serving goes on.
serve s --shard 0/1 $rule --snapshot full
train -q --steps 20 --servers "$(url s)" --patience 10
stop s
ls full | grep safetensors
size=$(cat full/*.safetensors | wc -c)
background s sh -c "ulimit -f $((size / 512 - 8)); exec nonna-serve a.safetensors --shard 0/1 $rule --snapshot full --snapshot-every 0.2"
until_true grep -q ' ready at ' s.err
train -q --steps 20 --servers "$(url s)" --patience 10 --replica 1/2
until_true grep -q 'is kept' s.err
train -q --steps 10 --servers "$(url s)" --patience 10 --replica 1/2
echo "serving goes on: $?, version $(served version "$(url s)")"
stop s
echo "ended without its last snapshot: $?"
grep 'is kept' s.err | plain | head -1
ls full | grep -v lock

# A torn snapshot is named and passed over.
serve s --shard 0/1 $rule --snapshot torn
train -q --steps 20 --servers "$(url s)" --patience 10
stop s
serve s --shard 0/1 $rule --snapshot torn
train -q --steps 20 --servers "$(url s)" --patience 10
stop s
ls torn | grep -v lock
head -c 20000 torn/shard-0000-of-0001.000000000040.safetensors >t && mv t torn/shard-0000-of-0001.000000000040.safetensors
serve s --shard 0/1 $rule --snapshot torn
sed 's/ ready at.*/ ready/' s.err
train -q --steps 10 --servers "$(url s)" --patience 10
stop s
ls torn | grep -v lock
# every number altered counts
"$python" -c "
path = 'torn/shard-0000-of-0001.000000000030.safetensors'
data = bytearray(open(path, 'rb').read())
data[-1] ^= 1
open(path, 'wb').write(data)"
serve s --shard 0/1 $rule --snapshot torn
sed 's/ ready at.*/ ready/' s.err
stop s
for f in torn/*.safetensors; do head -c 100 "$f" >t && mv t "$f"; done
nonna-serve a.safetensors --shard 0/1 $rule --snapshot torn 2>&1 | tail -1

# Eight shards become three, and eight again; nothing but the number of shards tells them apart.
train -q --steps 30 --log alone.tsv --log-every 1 $rule -o alone.safetensors
part() { # STEPS RANGES...: servers of the folder `cuts`, and a replica
    steps=$1 urls=
    shift
    for range; do
        name=s${range%%[-/]*}
        serve "$name" --shard "$range" $rule --snapshot cuts
        urls=$urls,$(url "$name")
    done
    train -q --steps "$steps" --servers "${urls#,}" --patience 10 --checkpoint run --resume --log parts.tsv --log-every 1
    served counts $(echo "${urls#,}" | tr ',' ' ')
    for range; do
        stop "s${range%%[-/]*}"
    done
    ls cuts | grep safetensors | sed 's/.*-of-/of /; s/.safetensors//' | sort | uniq -c | sed 's/^ *//'
}
part 10 0-3/8 4-7/8
part 20 0/3 1/3 2/3
part 30 0-6/8 7/8
cmp alone.tsv parts.tsv && echo "8 to 3 and back: equal"

nonna-serve a.safetensors --shard 0/1 --optimizer sgd --snapshot cuts 2>&1 | sed 's/of-[0-9]*.[0-9]*/N/'
nonna-init demo -o b.safetensors
nonna-serve b.safetensors --shard 0/1 $rule --snapshot cuts 2>&1 | sed 's/of-[0-9]*.[0-9]*/N/'
nonna-serve a.safetensors --shard 0/1 --snapshot /dev/null/x
echo "no folder: $?"
exit 0
