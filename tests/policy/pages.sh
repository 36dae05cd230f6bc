# Every program has a manual page and every job is on exactly one, each page passes mandoc's lint without a word, and a page
# names no option that its program does not have.
cd "$1" || exit 1
tree=$2/manual
bin=$2/bin
shift 2
failed=0
complain() { echo "$*"; failed=1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
for tool in "$@"; do "$bin/$tool" --dump-interface >"$scratch/$tool"; done

# owner PAGE: the program whose page it is, which is the one with the longest name that the page's begins with
owner() {
    name=$1
    shift
    found=
    for tool in "$@"; do
        case $name- in "$tool"-*) [ ${#tool} -le ${#found} ] || found=$tool ;; esac
    done
    echo "$found"
}

for tool in "$@"; do
    [ -s man/"$tool".1.in ] || complain "$tool has no page man/$tool.1.in"
    # A program whose page has @JOBS@ describes its jobs on pages of their own.
    grep -qx '@JOBS@' man/"$tool".1.in || continue
    for job in $(sed -n '/^"jobs"/,$s/^{"name": "\([^"]*\)".*/\1/p' "$scratch/$tool"); do
        described=$(cat man/"$tool"-*.1.in | sed -n 's/^@OPTIONS \(.*\)@$/\1/p' | tr ' ' '\n' | grep -cx "$job")
        [ "$described" -eq 1 ] || complain "$tool $job: its options are on $described pages, not on one"
        [ -s "$tree/$tool-$job.1" ] || complain "$tool $job: no page is called $tool-$job"
    done
done
for template in man/*.1.in; do
    page=${template#man/} page=${page%.1.in}
    tool=$(owner "$page" "$@")
    [ -n "$tool" ] || { complain "$template is the page of no program"; continue; }
    [ -s "$tree/$page.1" ] || { complain "$tree/$page.1 is not there"; continue; }
    "$bin/$tool" --dump-manual "$template" | cmp -s - "$tree/$page.1" || complain "$tree/$page.1 is not up to date"
    for option in $(grep -o 'Fl \(\\-\|-\)[a-z][a-z0-9\\-]*' "$tree/$page.1" | sed 's/^Fl //; s/\\//g' | sort -u); do
        grep -q "\"long\": \"-$option\"" "$scratch/$tool" || complain "$template: $tool has no option -$option"
    done
    [ "$tool" = nonna ] || grep -q "Xr $tool 1" "$tree/nonna.1" || complain "$tree/nonna.1 does not name $tool"
done
for script in $(find tools -type f -perm -u+x ! -name '*.*'); do
    page=man/${script##*/}.1
    [ -s "$page" ] || { complain "$script has no page $page"; continue; }
    for option in $(sh "$script" --help 2>&1 | grep -oE -e '--[a-z][a-z-]*' | sort -u); do
        grep -q "Fl -${option#--}" "$page" || grep -q "Fl .-${option#--}" "$page" || complain "$page does not describe $option"
    done
    grep -q "Xr ${script##*/} 1" "$tree/nonna.1" || complain "$tree/nonna.1 does not name ${script##*/}"
done
# The README has a table of the programs.
for tool in "$@" nonna-reproduce; do
    [ "$tool" = nonna ] || grep -q "^| \`$tool\` |" README.md || complain "README.md does not list $tool"
done

if ! command -v mandoc >/dev/null; then
    [ $failed -eq 0 ] && echo 'mandoc is not installed' && exit 77
    exit $failed
fi
# Lint looks for the pages that a page refers to where it is called. Others' pages may be missing on this machine.
cd "$tree" || exit 1
said=$(for page in *.[157]; do mandoc -T lint "$page" 2>&1; done |
    grep -v -e 'referenced manual not found: Xr [^n]' -e 'outdated mandoc.db')
[ -z "$said" ] || complain "$said"
exit $failed
