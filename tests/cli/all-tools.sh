# What holds for every program, whatever it does. Silent when all is well.
failed=0
complain() { echo "$*"; failed=1; }

# expect STATUS COMMAND...: runs it; output in ./out and ./err
expect() {
    wanted=$1
    shift
    "$@" >out 2>err
    got=$?
    [ $got -eq "$wanted" ] || complain "$*: status $got, not $wanted: $(head -n 3 err)"
}
one_line_error() {
    [ "$(wc -l <err)" -eq 1 ] || complain "$*: not one line on stderr: $(cat err)"
    grep -qE "^$1: [^ ].*: ([^A-Z ]|[A-Z]{2}).*[^.]$" err || complain "$*: not 'tool: subject: reason': $(cat err)"
    [ ! -s out ] || complain "$*: an error, and something on stdout"
}
fits() {
    [ "$(wc -L <out)" -le 80 ] || complain "$*: help wider than 80 columns"
    [ ! -s err ] || complain "$*: help on stderr"
}

# A pipe that nobody reads.
mkfifo pipe
exec 4<>pipe
exec 5>pipe
exec 4>&-

for tool in $TOOLS; do
    expect 0 "$tool" --dump-interface
    mv out interface
    jobs=$(sed -n '/^"jobs"/,$s/^{"name": "\([^"]*\)".*/\1/p' interface)

    expect 0 "$tool" --help
    fits "$tool"
    for option in $(grep -o '"long": "[^"]*"' interface | cut -d '"' -f 4) $jobs; do
        grep -qE -e "(^|[ ,])$option([] ,;.:]|\$)" out || complain "$tool --help does not name $option"
    done
    grep -q "^Usage: $tool " out || complain "$tool --help has no usage line"
    expect 0 "$tool" -h
    for job in $jobs; do
        expect 0 "$tool" "$job" --help
        fits "$tool $job"
        [ "$(wc -l <out)" -le 25 ] || complain "$tool $job --help is longer than a screen: $(wc -l <out) lines"
        expect 2 "$tool" "$job" --no-such-option
        one_line_error "$tool"
        expect 2 "$tool" "$job"
        one_line_error "$tool"
    done
    [ -n "$jobs" ] || expect 0 "$tool" --help
    [ "$(wc -l <out)" -le 25 ] || complain "$tool --help is longer than a screen: $(wc -l <out) lines"

    expect 0 "$tool" --version
    grep -qx "$tool [0-9]*\.[0-9]*\.[0-9]*" out || complain "$tool --version says: $(cat out)"

    expect 2 "$tool" --no-such-option
    one_line_error "$tool"
    grep -q -e '--no-such-option' err || complain "$tool does not name the unknown option"
    if [ "$tool" = nonna ]; then
        expect 0 nonna    # the overview; see nonna.sh
    else
        expect 2 "$tool"
        one_line_error "$tool"
    fi
    expect 2 "$tool" -q -v
    one_line_error "$tool"
    expect 1 "$tool" --config no-such-file --print-config
    one_line_error "$tool"
    echo 'no-such-option = 1' >settings
    expect 2 "$tool" --config settings --print-config
    one_line_error "$tool"

    # What could not be written is an error, once for all.
    "$tool" --help >/dev/full 2>err
    got=$?
    [ $got -eq 1 ] || complain "$tool --help >/dev/full: status $got, not 1"
    grep -qx "$tool: standard output: no space left on device" err || complain "$tool on a full disk says: $(cat err)"
    "$tool" --help >&- 2>err
    got=$?
    [ $got -eq 1 ] || complain "$tool --help with stdout closed: status $got, not 1"

    # A reader that went away ends the program without a word, also where the parent ignores SIGPIPE.
    "$tool" --help >&5 2>err
    got=$?
    [ $got -eq 141 ] && [ ! -s err ] || complain "$tool --help into a broken pipe: status $got, says: $(cat err)"
    (
        trap '' PIPE
        "$tool" --help >&5 2>err
    )
    got=$?
    [ $got -eq 141 ] && [ ! -s err ] || complain "$tool --help, SIGPIPE ignored: status $got, says: $(cat err)"

    # The configuration a program prints is one it reads.
    for job in ${jobs:-''}; do
        expect 0 "$tool" $job --print-config
        mv out printed
        expect 0 "$tool" $job --config printed --print-config
        cmp -s out printed || complain "$tool $job: --print-config is not what --config reads"
    done
    for shell in bash zsh fish; do expect 0 "$tool" --dump-completion $shell; done
    expect 0 "$tool" --dump-completion bash
    if command -v bash >/dev/null; then bash -n out || complain "$tool: its completion is no bash"; fi
done
[ -n "$TOOLS" ] || complain "no programs were built"
exit $failed
