# Read by the commands that start something on many machines, here and in ../parallel: their words for people, and the
# options of a training run that they share.
program=${0##*/}
usage() {
    sed -n 's,^#   \([a-z]\),usage: \1,p' "$0" >&2
    exit 2
}
wrong() {    # SUBJECT REASON
    echo "$program: $1: $2" >&2
    exit 2
}
there() {    # PATH: as every machine finds it
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

# keep NAME...: a file with these variables, which the tasks of this run read, also when they are started again. Nothing
# goes through the environment: sites have --export=NONE, ssh passes none on, and what Slurm itself sets there changes, as
# SLURM_ARRAY_TASK_COUNT does when one task of an array is submitted again.
keep() {
    local file
    file=$(mktemp "$PWD/settings.XXXXXX")
    declare -p "$@" >"$file"
    echo "$file"
}

# take OPTION VALUE...: an option of a training run. $taken is how many words that were, 0 of another option.
shards=1 replicas=1 steps=1000 listen=tcp://127.0.0.1:0 certificate=''
access=() name=() serve=() train=()
of_a_run=(model data run shards replicas steps listen certificate access name serve train)
take() {
    local file
    taken=2
    [ "$1" = --insecure ] || [ $# -ge 2 ] || wrong "$1" "needs a value"
    case $1 in
    --shards) shards=$(count "$@") ;;
    --replicas) replicas=$(count "$@") ;;
    --steps) steps=$(count "$@") ;;
    --listen) listen=$2 ;;
    --tls-cert) certificate=$(realpath -m -- "$2") ;;
    --tls-ca | --token)
        file=$(there "$2")
        access+=("$1" "$file")
        ;;
    --tls-name) name=("$1" "$2") ;;    # for those who call a server
    --insecure) access+=("$1") taken=1 ;;
    --serve) serve+=("$2") ;;
    --train) train+=("$2") ;;
    *) taken=0 ;;
    esac
}
