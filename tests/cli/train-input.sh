# Where the pictures come from changes nothing: a built set, its shard with and without the index, a pipe. A picture
# that does not decode ends the run when its batch is due, named, and nothing is written.
i=0
while [ $i -lt 20 ]; do
    { printf 'P6\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 768; k++) printf "%c", 40 + int(60 * rand()) + int(k / 768 * 100) }' | head -c 768; } >$i.ppm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.ppm --format png -o packed.tar
mkdir pictures
(cd pictures && tar xf ../packed.tar && rm ./*.json)
nonna-dataset build -q set pictures --recursive
nonna-init tiny --seed 7 -o a.safetensors
cp set/shards/000000.tar plain.tar
common="a.safetensors --batch 7 --steps 12 --validate plain.tar --validate-every 6"
nonna-train $common --data set --log set.tsv --timing times.tsv --log-every 4 -o set.safetensors
nonna-train $common --data set/shards/000000.tar --log-every 4 --log shard.tsv -o shard.safetensors
nonna-train $common --data plain.tar -j 1 --log-every 4 --log plain.tsv -o plain.safetensors
nonna-train $common --data - -j 3 --log-every 4 --log pipe.tsv -o pipe.safetensors <plain.tar
cat plain.tar | nonna-train $common --data /dev/stdin --log-every 4 --log pipe2.tsv -o pipe2.safetensors
for other in shard plain pipe pipe2; do
    cmp set.safetensors $other.safetensors && cmp set.tsv $other.tsv && echo "$other: the same bytes"
done
head -1 times.tsv
cut -f 1 times.tsv | tail -4 | tr '\n' ' '
awk -F '\t' 'NR > 1 && !($2 > 0 && $3 > 0 && $4 >= 0 && $4 <= 1) { print "not times: " $0 }' times.tsv
echo

# The 12th picture no longer begins as one.
key=$(tar tf plain.tar | grep jpg | sed -n 12p)
offset=$(grep -abo "$key" plain.tar | head -1 | cut -d: -f1)
cp plain.tar damaged.tar
printf 'XXXXXXXX' | dd of=damaged.tar bs=1 seek=$((offset + 512)) conv=notrunc 2>/dev/null
nonna-train a.safetensors --batch 7 --steps 12 --data damaged.tar -o damaged.safetensors 2>err
echo "damaged: $?, $(ls damaged.safetensors 2>/dev/null | wc -l) written"
sed "s/$key/KEY/; s/KEY: .*/KEY: .../" err
head -c 5000 plain.tar >cut.tar
nonna-train a.safetensors --data cut.tar -o cut.safetensors
echo "truncated: $?"
head -c 5000 plain.tar | nonna-train a.safetensors --data - -o cut.safetensors
echo "truncated pipe: $?"
nonna-train a.safetensors --data nothing.tar -o cut.safetensors
echo "missing: $?"
nonna-train a.safetensors --data pictures -o cut.safetensors
echo "a folder: $?"
: >empty.tar
nonna-train a.safetensors --data empty.tar -o cut.safetensors
echo "empty: $?"
ls cut.safetensors 2>/dev/null

# Waiting for a pipe ends at the first signal.
mkfifo pipe
nonna-train a.safetensors --data pipe -o cut.safetensors 2>err &
exec 3>pipe    # opened by both sides once this returns
head -c 3000 plain.tar >&3
kill -TERM $!
wait $!
echo "interrupted: $?"
exec 3>&-
cat err
ls cut.safetensors 2>/dev/null
true
