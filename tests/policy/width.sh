# Manual pages fit 80 columns in groff and in mandoc, without a warning. In a table every row is one line: no cell is wider
# than its column, and the last one ends before the margin; groff wraps it to the wrong place, and where a cell is too
# wide, both push the row out of its columns.
cd "$2/manual" || exit 1
failed=0
complain() { echo "$*"; failed=1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
pages=$(find . -type f -name '*.[157]' | sed 's,^\./,,' | LC_ALL=C sort)
[ -n "$pages" ] || complain "no manual pages in $PWD"

for page in $pages; do
    awk -v page="$page" '
    function shown(text) {
        gsub(/\\fB|\\fR|\\&/, "", text); gsub(/\\[-e]/, "-", text)
        while (sub(/(^| )(Li|Sy|Cm|No|Ar|Xr|Fl|Pa|Em) /, " ", text)) ;
        gsub(/ +/, " ", text); sub(/^ /, "", text); sub(/ $/, "", text)
        return text
    }
    /^\.Bl -column/ {
        n = split($0, part, "\""); columns = used = 0; inside = 1
        for (i = 2; i <= n; i += 2) width[++columns] = length(part[i])
        for (i = 1; i < columns; ++i) used += width[i] + (columns < 5 ? 4 : 3)    # the space between, in both
    }
    /^\.El/ { inside = 0 }
    inside && /^\.It / {
        cells = split(" " substr($0, 5) " ", cell, / Ta /)
        for (i = 1; i < cells; ++i)
            if (length(shown(cell[i])) > width[i]) print page ": wider than its column: " shown(cell[i])
        if (5 + used + length(shown(cell[cells])) > 78) print page ": the row does not fit: " $0
    }' "$page" >"$scratch/rows"
    [ ! -s "$scratch/rows" ] || complain "$(cat "$scratch/rows")"
done

# formatted NAME COMMAND...: the page is its last argument
formatted() {
    name=$1
    shift
    for page in $pages; do
        "$@" "$page" >"$scratch/text" 2>"$scratch/said" || complain "$name cannot format $page"
        [ ! -s "$scratch/said" ] || complain "$name says of $page: $(head -n 3 "$scratch/said")"
        wide=$(sed 's/.\x08//g' "$scratch/text" | awk 'length($0) > 80 { print; exit }')
        [ -z "$wide" ] || complain "$page is wider than 80 columns in $name: $wide"
    done
}
if command -v groff >/dev/null; then
    formatted groff groff -mandoc -Tascii -P-cbou -rLL=78n
fi
if command -v mandoc >/dev/null; then
    formatted mandoc mandoc -Tascii -O width=78
fi
for formatter in groff mandoc; do
    command -v $formatter >/dev/null || { echo "$formatter is not installed"; [ $failed -ne 0 ] || failed=77; }
done
exit $failed
