# Read by train.sh and build.sh: sbatch for a set of jobs that depend on each other.
command -v sbatch >/dev/null || wrong sbatch "is not on the PATH: is Slurm installed here?"

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
