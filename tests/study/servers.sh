#!/bin/sh
# Do replicas on parameter servers learn what one process learns, also when they and the servers are killed?
#
#   servers.sh         four shards, three replicas, 600 steps of a small network in all: the cost on held-out pictures falls by
#                      at least 95 % of what it falls by in a single process that sees as many pictures
#   servers.sh kill    1500 steps, and every five seconds for two minutes a server or replica, drawn by a seed, is killed
#                      with SIGKILL: at least 90 %, and every push was applied at most once: for each shard the version
#                      is the sum of what its server applied of each replica, and of its last life each replica counts
#                      what the server counts
# Needs the programs on PATH and the pictures in NONNA_TEST_DATA; skipped (77) without them.
set -eu
data=${NONNA_TEST_DATA:?}
if [ ! -f "$data/study/unlabelled.txt" ]; then
    echo "skipped: no $data/study/unlabelled.txt"
    exit 77
fi
case ${1:-} in
kill) steps=1500 least=0.90 ;;
*) steps=600 least=0.95 ;;
esac
small=$(cd "$(dirname "$0")" && pwd)/small.conf
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# Every tenth picture is held out.
awk 'NR % 10' "$data/study/unlabelled.txt" >seen.txt
awk 'NR % 10 == 0' "$data/study/unlabelled.txt" >held.txt
for part in seen held; do
    nonna-dataset pack -q -j 2 --root "$data" --files-from $part.txt --size 48 -o $part.tar
done
nonna-init "$small" -q -o random.safetensors --whiten-from seen.tar --seed 1
common="--batch 96 --rate 0.005 ${STUDY_OPTIONS:-}"
nonna-train -q random.safetensors --data seen.tar --steps $steps $common --optimizer adagrad \
    --validate held.tar --validate-every $steps --log single.tsv -o single.safetensors

nonna-cluster -v random.safetensors --data seen.tar --steps $steps $common --servers 4 --replicas 3 --warm-start 50 \
    --snapshot-every 2 --checkpoint-every 20 --folder run -o served.safetensors 2>log &
cluster=$!
if [ "${1:-}" = kill ]; then
    kills=0
    while [ $kills -lt 24 ] && kill -0 $cluster 2>/dev/null; do
        sleep 5
        # one of the seven; nobody where it has ended
        victim=$(awk -v n=$kills 'BEGIN { srand(n + 1); v = int(7 * rand()); print (v < 4 ? "nonna-serve.*--shard " v "/4 .*" : "nonna-train.*--replica " v - 4 "/3 .*") }')
        if pkill -KILL -P $cluster -f "$victim"; then kills=$((kills + 1)); else kill -0 $cluster 2>/dev/null || break; fi
    done
    echo "$kills were killed"
fi
status=0
wait $cluster || status=$?
if [ $status -ne 0 ]; then
    cat log
    echo "nonna-cluster: status $status"
    exit 1
fi
grep -E 'lost|killed| to 4 shards' log || :
nonna-train -q served.safetensors --data seen.tar --steps 0 --batch 96 --validate held.tar --log served.tsv -o /dev/null

# The servers' last snapshots against the replicas' last words.
/usr/bin/python3 - <<'EOF'
import glob, json, re, struct, sys
counted = {}
for line in open("log"):
    found = re.match(r"(?:\S+Z )?replica (\d+) \| nonna-train: shard (\d+): \d+ pushes: (\d+) applied", line)
    if found:
        counted[int(found[1]), int(found[2])] = int(found[3])
if len(counted) != 12:
    sys.exit(f"{len(counted)} last words instead of 12")
for shard in range(4):
    newest = max(glob.glob(f"run/snapshots/shard-{shard:04}-of-0004.*.safetensors"))
    with open(newest, "rb") as file:
        marks = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))["__metadata__"]
    replicas = json.loads(marks["replicas"])
    total = sum(r["all"] for r in replicas)
    print(f"shard {shard}: version {marks['version']}, applied {total}, repeats {sum(r['repeats'] for r in replicas)}")
    if int(marks["version"]) != total:
        sys.exit("the version is not the sum of the pushes that were applied")
    for r in replicas:
        if counted[r["replica"], shard] != r["accepted"]:
            sys.exit(f"replica {r['replica']} counts {counted[r['replica'], shard]}, the server {r['accepted']}")
EOF

awk -F'\t' -v steps=$steps -v least=$least '
    FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; file++; next }
    $column["set"] == "validate" { cost[file, $1] = $column["cost"] }
    END {
        single = cost[1, 0] - cost[1, steps]
        served = cost[1, 0] - cost[2, 0]
        printf "held-out cost: random %.1f; %d steps of one process %.1f, of servers and replicas %.1f: the decrease is %.1f %%\n",
            cost[1, 0], steps, cost[1, steps], cost[2, 0], 100 * served / single
        exit !(single > 0 && served >= least * single)
    }' single.tsv served.tsv || { echo "less than $least of the decrease"; exit 1; }
