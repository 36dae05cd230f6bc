#!/bin/sh
# What parameter servers cost a replica, in one run: nng's own rate, fetching and pushing, and steps of a small network (tests/study/small.conf).
#
#   servers.sh BIN PROGRAMS [ROUNDS]     BIN: the programs' folder, PROGRAMS: bench_servers'
#
# For ipc and tcp: GB/s of nng's messages of 2 MiB between two processes, and of its values and gradients by fetch
# and push, with the share of nng's. Then steps of it at batch 96 (SGD, random pictures), in turns, medians of ROUNDS:
# alone, and as one replica over ipc with P = G = 1 and P = G = 8. What a step at P = G = 1 takes more is held against
# bytes / rate + the update, the step at P = G = 8 against alone. Bounds: one core copies memory at some
# 10 GB/s, and a fetched number is copied four times (into a message, into and out of the kernel, to its place).
set -eu
bin=$(cd "$1" && pwd)
programs=$(cd "$2" && pwd)
rounds=${3:-5}
small=$(cd "$(dirname "$0")/../study" && pwd)/small.conf
PATH=$bin:$PATH
here=$(mktemp -d)
trap 'kill $server 2>/dev/null || :; rm -rf "$here"' EXIT
server=
cd "$here"

for url in ipc://$here/bench tcp://127.0.0.1:0; do
    "$programs"/bench_servers "$url" 21 >"${url%%:*}.tsv"
    awk -F'\t' -v name="${url%%:*}" '{ v[$1] = $2 } END {
        printf "%s: nng %.2f GB/s; fetch %.1f ms, push %.1f ms (update %.1f ms): %.2f GB/s, %.0f %% of nng (without the update %.0f %%)\n",
            name, v["raw_gb_s"], v["fetch_ms"], v["push_ms"], v["update_ms"], v["moved_gb_s"],
            100 * v["moved_gb_s"] / v["raw_gb_s"], 100 * v["wire_gb_s"] / v["raw_gb_s"] }' "${url%%:*}.tsv"
done

# Pictures that decode in no time, so that steps wait for nothing but servers.
i=0
while [ $i -lt 96 ]; do
    { printf 'P6\n48 48\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 6912; k++) printf "%c", 32 + int(90 * rand()) }'; } |
        head -c 6925 >$i.ppm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.ppm --format png -o data.tar
nonna-init -q "$small" --seed 1 -o model.safetensors
nonna-serve -q model.safetensors --optimizer sgd --rate 1e-9 --listen "ipc://$here/server" &
server=$!
steps=48
run() { nonna-train -q model.safetensors --data data.tar --batch 96 --log-every $steps --timing times.tsv "$@"; }
# milliseconds a step of the second half of a run
measure() {
    name=$1
    shift
    run --steps $((2 * steps)) "$@"
    awk -F'\t' -v n=$steps 'NR == 3 { printf "%.3f\n", 1000 * $2 / n }' times.tsv >>"$name.ms"
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
k=0
while [ $k -lt "$rounds" ]; do
    measure alone --optimizer sgd --rate 1e-9 -o alone.safetensors
    measure each --servers "ipc://$here/server"
    measure eight --servers "ipc://$here/server" --fetch-every 8 --push-every 8
    k=$((k + 1))
done
awk -F'\t' -v alone="$(median alone.ms)" -v each="$(median each.ms)" -v eight="$(median eight.ms)" '{ v[$1] = $2 } END {
    printf "small: alone %.1f ms a step; P = G = 1 over ipc %.1f ms, %.1f more\n", alone, each, each - alone
    bound = 2 * v["bytes"] / v["wire_gb_s"] / 1e6 + v["update_ms"]
    printf "    %.2f times bytes at the rate of fetch and push + the update, %.1f ms\n", (each - alone) / bound, bound
    bound = 2 * v["bytes"] / v["raw_gb_s"] / 1e6 + v["update_ms"]
    printf "    %.2f times bytes at nng'\''s own rate + the update, %.1f ms\n", (each - alone) / bound, bound
    printf "small: P = G = 8 over ipc %.1f ms: %.0f %% of a step more\n", eight, 100 * (eight - alone) / alone
}' ipc.tsv
