# A program's file is a page, no file is longer than 600 lines, and names say what is hidden.
cd "$1" || exit 1
failed=0
complain() { echo "$*"; failed=1; }

for file in $(find lib tools tests man share -type f \( -name '*.cpp' -o -name '*.h' -o -name '*.inc' -o -name '*.sh' \
        -o -name '*.py' -o -name '*.in' -o -name 'CMakeLists.txt' -o -path 'tools/*' \)); do
    lines=$(wc -l <"$file")
    most=600
    case $file in tools/*.cpp) most=120 ;; esac
    [ "$lines" -le $most ] || complain "$file: $lines lines, at most $most"
    case ${file##*/} in
    *util* | common* | helper* | misc* | core.*) complain "$file: a name that hides nothing" ;;
    esac
done
exit $failed
