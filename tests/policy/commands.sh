# Commands shown to the reader work: every option behind a program's name in the pages, README, examples and the
# pipeline's script is one that the program (and its job) has; every script is one for sh.
cd "$1" || exit 1
bin=$2/bin
shift 2
failed=0
complain() { echo "$*"; failed=1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
# The options of a program, and of each of its jobs, which has those of every program too.
for tool in "$@"; do
    "$bin/$tool" --dump-interface >"$scratch/interface"
    long() { grep -o '"long": "[^"]*"' | cut -d '"' -f 4; }
    long <"$scratch/interface" >"$scratch/$tool"
    for job in $(sed -n '/^"jobs"/,$s/^{"name": "\([^"]*\)".*/\1/p' "$scratch/interface"); do
        awk -v job="$job" '
            /^"common"/ { inside = 1 }
            /^"jobs"/ { inside = 0 }
            /^{"name": "/ { inside = index($0, "\"name\": \"" job "\"") }
            inside' "$scratch/interface" | long >"$scratch/$tool $job"
    done
done

for file in $(ls README.md CONTRIBUTING.md man/*.1.in man/*.1 man/*.7 share/nonna/examples/* share/nonna/reproduce/*.sh share/nonna/slurm/* share/nonna/parallel/* tools/nonna-reproduce 2>/dev/null); do
    # Continued lines joined, \- turned into -, `nonna train` into `nonna-train`, one command a line from its program's name
    # on.
    sed 's/\\e$/\\/' "$file" |
        sed -e ':a' -e '/\\$/N; s/\\\n//; ta' -e 's/\\-/-/g' -e 's/\bnonna \([a-z]\)/nonna-\1/g' |
        grep -v '^[[:space:]]*#' |
        grep -oE '(^|[^[:alnum:]/_.-])nonna-[a-z]+ [^|;&)`]*' | sed 's/^[^n]*nonna-/nonna-/' >"$scratch/commands"
    while read -r tool job rest; do
        [ -e "$scratch/$tool" ] || continue
        options=$scratch/$tool\ $job
        [ -e "$options" ] || options=$scratch/$tool rest="$job $rest"
        for option in $(printf '%s\n' "$rest" | grep -oE -e '(^|[[:space:]"])--[a-z][a-z0-9-]*' | tr -d ' "\t'); do
            grep -qx -e "$option" "$options" || complain "$file: ${options##*/} has no option $option"
        done
    done <"$scratch/commands"
done

for script in $(find tools share/nonna/examples tests/cli tests/policy -type f \( -name '*.sh' -o -path 'tools/nonna-*' ! -name '*.*' \)); do
    sh -n "$script" || complain "$script: not for sh"
    case $script in
    tools/* | share/*)
        [ "$(head -n 1 "$script")" = '#!/bin/sh' ] || complain "$script: does not begin with #!/bin/sh"
        [ -x "$script" ] || complain "$script: not executable"
        ;;
    esac
done
exit $failed
