# Ctrl-C reaches the program and its children: nothing half written, no process left. Killed, it takes them along.
{
    echo 'YUV4MPEG2 W4 H2 F10:1 Ip A1:1 C444'
    printf 'FRAME\n%s' "AAAAAAAAPPPPPPPPPPPPPPPP"
} >grey.y4m
yes grey.y4m | head -n 20000 >list
pid=
trap '[ -z "$pid" ] || kill -s KILL "$pid" 2>/dev/null' EXIT

# A group of its own, where SIGINT is not ignored as a shell's background jobs have it.
start() {
    setsid env --default-signal=INT nonna-frames --files-from list -o out.tar -j 2 2>said &
    pid=$!
    tries=0
    children=
    # setsid and env become the program and have no children of their own.
    while [ -z "$children" ] && [ $tries -lt 1000000 ]; do
        read -r children <"/proc/$pid/task/$pid/children" || :
        tries=$((tries + 1))
    done 2>/dev/null
    [ -n "$children" ] || { echo "skipped: no children seen"; exit 77; }
}
left() {    # how many of the named processes are alive
    for child in "$@"; do
        state=$(sed 's/.*) //; s/ .*//' "/proc/$child/stat" 2>/dev/null) || continue
        case $state in '' | Z | X) ;; *) echo "$child" ;; esac
    done | wc -l
}
gone() {    # waits, bounded, until they are
    tries=0
    while [ "$(left "$@")" -gt 0 ] && [ $tries -lt 1000 ]; do tries=$((tries + 1)); done
    left "$@"
}

for signal in INT TERM; do
    start
    kill -s $signal -- "-$pid"
    wait $pid
    echo "$signal: $?"
    grep -v -e duplicate said
    # shellcheck disable=SC2086
    echo "left: $(gone $children)"
    ls
done

start
kill -s KILL $pid
{ wait $pid; } 2>/dev/null    # which says "Killed" in the shell's own words
echo "KILL: $?"
# shellcheck disable=SC2086
echo "left: $(gone $children)"
