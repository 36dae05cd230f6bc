# Nothing in the tree speaks of one machine, or of work left undone.
cd "$1" || exit 1
failed=0
set -- $(ls -d CMakeLists.txt CMakePresets.json Makefile.dist README.md NEWS.md CONTRIBUTING.md .ci lib tools man share tests 2>/dev/null)
# The brackets keep the patterns from matching themselves.
if grep -rnIE '(^|[^A-Za-z0-9_.}~])/([w]ork|[h]ome|[r]oot|[U]sers)/' "$@"; then
    echo 'the lines above name a folder of one machine'
    failed=1
fi
if grep -rnIE '\b(TO[D]O|FIX[M]E)\b' "$@"; then
    echo 'the lines above leave something undone'
    failed=1
fi
if grep -rnI --include='*.cpp' --include='*.h' --include='*.inc' -e '-march=[n]ative' -e '[s]leep_for' -e '\b[u]sleep(' "$@"; then
    echo 'the lines above depend on the machine or the clock'
    failed=1
fi
exit $failed
