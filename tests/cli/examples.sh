# Every example of every manual page runs as it stands there, on small stand-ins for the files that it names. Silent when
# all is well.
film=/usr/share/doc/opencv-doc/examples/data/vtest.avi
[ -r $film ] || { echo "skipped: no sample films (package opencv-doc)"; exit 77; }
for needed in ffmpeg jq; do
    command -v $needed >/dev/null || { echo "skipped: no $needed"; exit 77; }
done
manual=$(dirname "$(command -v nonna)")/../manual
. "$SOURCE/tests/cli/include/example-inputs.sh"

# Examples that do not run here, with the reason: left_out PAGE NUMBER
left_out() {
    case $1/$2 in
    nonna.1/1 | nonna-reproduce.1/1) echo "minutes; reproduce-demo.sh runs it with less training" ;;
    nonna-reproduce.1/2) echo "an hour; reproduce-table1.sh runs it with less of everything" ;;
    nonna-protocol.7/*) echo "bytes and no commands; unit.paramserver compares them with the messages" ;;
    nonna-metrics.7/1) echo "monitoring.sh runs it, with films that hold more" ;;
    nonna-images.5/1) echo "a json and no command" ;;
    esac
}

# The examples of a page, as example.1, example.2 and so on: extract PAGE
extract() {
    awk '
    function typed(line) {    # as a reader sees it
        gsub(/\\-/, "-", line); gsub(/\\&/, "", line); gsub(/\\\(dq/, "\"", line); gsub(/\\\(aq/, "\047", line)
        gsub(/\\e/, "\\", line)
        return line
    }
    /^\.Sh / { inside = $2 == "EXAMPLES"; next }
    !inside { next }
    /^\.Bd -literal/ { block = "example." ++n; next }
    /^\.Ed/ { close(block); block = ""; next }
    /^\.Dl / { print typed(substr($0, 5)) >("example." ++n); next }
    block != "" { print typed($0) >block }' "$1"
}

begin=$PWD
pages=0 started='' making=''
at_end() {
    [ -z "$making" ] || { echo "$making: the files that its examples name could not be made:"; cat "$begin/$making/said"; }
    [ -z "$started" ] || kill "$started"
}
trap at_end EXIT
for page in "$manual"/*.[157]; do
    [ ! -L "$page" ] || continue    # another name for a page
    name=${page##*/}
    mkdir "$begin/$name"
    cd "$begin/$name" || exit 1
    extract "$page"
    [ -e example.1 ] || continue
    pages=$((pages + 1))
    making=$name
    set -e
    inputs_of "$name" >said 2>&1
    set +e
    making=''
    number=1
    while [ -e example.$number ]; do
        if [ -z "$(left_out "$name" $number)" ]; then
            # What an example leaves running is stopped.
            { cat example.$number; echo 'jobs -p >running; kill $(cat running) 2>/dev/null || :; wait'; } >example
            if ! sh -eu example >said 2>&1 </dev/null; then
                echo "$name, example $number failed:"
                cat example.$number said
            fi
        fi
        number=$((number + 1))
    done
    [ -z "$started" ] || kill "$started"
    started=''
    cd "$begin" || exit 1
    rm -rf "${begin:?}/$name"
done
[ $pages -gt 15 ] || echo "only $pages pages with examples in $manual"
