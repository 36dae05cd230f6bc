# Read by train.sh and build.sh: words for people, and sbatch for a set of jobs that depend on each other.
program=${0##*/}
usage() {
    sed -n 's,^#   \([a-z]\),usage: \1,p' "$0" >&2
    exit 2
}
wrong() {    # SUBJECT REASON
    echo "$program: $1: $2" >&2
    exit 2
}
there() {    # PATH: as every node finds it
    [ -e "$1" ] || wrong "$1" "no such file or directory"
    realpath -- "$1"
}
count() {    # OPTION NUMBER
    [[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || wrong "$1" "'$2' is no count"
    echo "$2"
}
folder_of() {    # PROGRAM
    local found
    found=$(command -v "$1") || wrong "$1" "is not on the PATH"
    realpath -- "$(dirname -- "$found")"
}
command -v sbatch >/dev/null || wrong sbatch "is not on the PATH: is Slurm installed here?"

# keep NAME...: a file with these variables, which the tasks of this submission read, also when they are requeued. Nothing
# goes through the environment: sites have --export=NONE, and what Slurm itself sets there changes, as
# SLURM_ARRAY_TASK_COUNT does when one task of an array is submitted again.
keep() {
    local file
    file=$(mktemp "$PWD/settings.XXXXXX")
    declare -p "$@" >"$file"
    echo "$file"
}

# submit FILE OPTION... -- ARGUMENT...: its job's number. What was submitted before goes again where something fails.
submitted=$(mktemp)
at_end() {
    [ ! -s "$submitted" ] || xargs scancel <"$submitted" || :
    rm -f "$submitted"
}
trap at_end EXIT
submit() {
    local file=$1 options=() job
    shift
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    job=$(sbatch --parsable "${options[@]}" "$share/$file" "$@") || exit 1
    job=${job%%;*}    # a cluster's name may stand behind it
    echo "$job" >>"$submitted"
    echo "$job"
}
