# nonna-serve: connections cut with answers under way, killed replicas among them. Descriptors and memory stay, the last
# snapshot is good. By hand: CUTS=1000 KILLS=50 ctest --preset release -R cli.serve-cuts -V
. "$SOURCE/tests/cli/include/servers.sh"
cuts=${CUTS:-60} kills=${KILLS:-2}
crowd() { "$python" "$SOURCE/tests/cli/crowd.py" "$@"; }
descriptors() { ls "/proc/$1/fd" | wc -l; }
memory() { sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status"; }
served_version() { nonna-info --json "$address" | grep -o '"version":[^,}]*' | head -1 | tr -dc 0-9; }
moved_on() { [ "$(served_version)" -gt "$1" ]; }
settled() { [ "$(descriptors "$1")" -le "$2" ]; }
for listen in tcp://127.0.0.1:0 ipc://socket; do
    serve s --listen $listen --snapshot snap --snapshot-every 1000
    address=$(url s) pid=$(cat s.pid)
    crowd cuts "$address" 10    # threads and memory that stay
    train --steps 2 --servers "$address" -q
    settled "$pid" 20 || until_true settled "$pid" 20
    fds=$(descriptors "$pid") kib=$(memory "$pid")
    each=$(((cuts + kills) / (kills + 1)))
    k=0
    while [ $k -lt "$kills" ]; do
        crowd cuts "$address" $each
        background r nonna-train -q a.safetensors --data data.tar --batch 2 -j 1 --steps 1000000 --servers "$address" --replica 0/1
        before=$(served_version)
        until_true moved_on "$before"
        killed r
        k=$((k + 1))
    done
    crowd cuts "$address" $each
    until_true settled "$pid" "$fds" && echo "descriptors: as before"
    now=$(memory "$pid")
    if [ $((now - kib)) -lt 24576 ]; then echo "memory: as before"; else echo "memory: $kib KiB, then $now"; fi
    train --steps 3 --servers "$address" -q && echo "still serves"
    nonna-info "$address" >/dev/null && echo "and is looked at"
    version=$(served_version)
    stop s && echo "stopped: $?"
    serve s --listen $listen --snapshot snap
    grep -q "version $version of the snapshots" s.err && echo "the last snapshot is good"
    stop s
    rm -r snap
done
exit 0
