# Every program has a manual page, each page passes mandoc's lint without a word, and a page names no option that its
# program does not have.
cd "$1" || exit 1
tree=$2/manual
bin=$2/bin
shift 2
failed=0
complain() { echo "$*"; failed=1; }

for tool in "$@"; do
    [ -s man/"$tool".1.in ] || complain "$tool has no page man/$tool.1.in"
    [ -s "$tree/$tool.1" ] || continue
    "$bin/$tool" --dump-manual man/"$tool".1.in | cmp -s - "$tree/$tool.1" || complain "$tree/$tool.1 is not up to date"
    for option in $(grep -o 'Fl \(\\-\|-\)[a-z][a-z\\-]*' "$tree/$tool.1" | sed 's/^Fl //; s/\\//g' | sort -u); do
        "$bin/$tool" --dump-interface | grep -q "\"long\": \"-$option\"" || complain "man/$tool.1.in: $tool has no option -$option"
    done
    grep -q "Nm $tool" man/nonna.7 || grep -q "Xr $tool 1" man/nonna.7 || complain "man/nonna.7 does not name $tool"
done
for script in $(find tools -type f -perm -u+x ! -name '*.*'); do
    page=man/${script##*/}.1
    [ -s "$page" ] || { complain "$script has no page $page"; continue; }
    for option in $(sh "$script" --help 2>&1 | grep -oE -e '--[a-z][a-z-]*' | sort -u); do
        grep -q "Fl -${option#--}" "$page" || grep -q "Fl .-${option#--}" "$page" || complain "$page does not describe $option"
    done
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
