# nonna-train through a proxy that drops, delays, doubles, reorders, cuts, goes deaf and slow: no push is applied twice.
. "$SOURCE/tests/cli/include/servers.sh"
all="drop=0.01 delay=0.02 duplicate=0.1 reorder=0.02 cut=0.01 deaf=0.003 slow=0.02"
for seed in 1 2 3; do
    serve s --shard 0/3 --rate 0.0002 --listen tcp://127.0.0.1:0
    serve t --shard 1-2/3 --rate 0.0002
    a=$(url s) b=$(url t)
    for replica in 0 1; do
        background p$replica "$python" "$SOURCE/tests/cli/chaos.py" "${a#tcp://}" $seed$replica $all
        until_true test -s p$replica.out
        background r$replica nonna-train a.safetensors --data data.tar --batch 10 -v --steps 100 --fetch-every $((1 + 2 * replica)) \
            --push-every 1 --replica $replica/2 --servers "$(cat p$replica.out),$b" --deadline 0.4 --patience 30
    done
    for replica in 0 1; do
        ended r$replica || { echo "replica $replica: $?"; cat r$replica.err; }
        served accepted $replica "$a" "$b" >server-says
        sed -n 's/.*: shard \([0-9]*\): .* \([0-9]*\) applied.*/\1 \2/p' r$replica.err >replica-says
        if cmp server-says replica-says; then echo "seed $seed, replica $replica: both sides count the same"; fi
        sed -n 's/.*: shard [0-9]*: \([0-9]*\) pushes: \([0-9]*\) applied, \([0-9]*\) too old, \([0-9]*\) refused, \([0-9]*\) dropped, \([0-9]*\) lost/\1 \2 \3 \4 \5 \6/p' r$replica.err |
            while read -r pushes applied old refused dropped lost; do
                [ $((applied + old + refused + dropped + lost)) -eq "$pushes" ] || echo "not accounted for: $pushes $applied $old $refused $dropped $lost"
                [ "$lost" -eq 0 ] || echo "$lost pushes are said to be lost"
            done
        stop p$replica
        cat p$replica.err >>kinds
    done
    served counts "$a" "$b"
    stop s
    stop t
done
for kind in drop delay duplicate reorder cut deaf slow connections; do
    awk -v kind=$kind '$1 == kind { n += $2 } END { if (n == 0) print "never: " kind }' kinds
done
exit 0
