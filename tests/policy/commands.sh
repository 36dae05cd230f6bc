# Commands shown to the reader work: every option behind a program's name in the pages, README, examples and the
# pipeline's script is one that the program (and its job) has; every script is one for sh.
cd "$1" || exit 1
bin=$2/bin
shift 2
failed=0
complain() { echo "$*"; failed=1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
for tool in "$@"; do "$bin/$tool" --dump-interface | grep -o '"long": "[^"]*"' | cut -d '"' -f 4 >"$scratch/$tool"; done

for file in $(ls README.md CONTRIBUTING.md man/*.1.in man/*.1 man/*.7 share/nonna/examples/* share/nonna/reproduce/*.sh tools/nonna-reproduce 2>/dev/null); do
    # Continued lines joined, \- turned into -, one command a line from its program's name on.
    sed -e ':a' -e '/\\$/N; s/\\\n//; ta' -e 's/\\-/-/g' "$file" | grep -v '^[[:space:]]*#' |
        grep -oE '(^|[^[:alnum:]/_.-])nonna-[a-z]+ [^|;&)`]*' | sed 's/^[^n]*nonna-/nonna-/' >"$scratch/commands"
    while read -r tool rest; do
        [ -e "$scratch/$tool" ] || continue
        for option in $(printf '%s\n' "$rest" | grep -oE -e '(^|[[:space:]"])--[a-z][a-z-]*' | tr -d ' "\t'); do
            grep -qx -e "$option" "$scratch/$tool" || complain "$file: $tool has no option $option"
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
