# The tree is laid out as .clang-format says. Another version of clang-format lays out otherwise in places, so that the
# one of Debian 12 alone is asked.
cd "$1" || exit 1
if ! clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
    echo 'clang-format 14 is not installed'
    exit 77
fi
answer=$(find lib tools tests \( -name '*.cpp' -o -name '*.h' -o -name '*.inc' \) -print0 |
    xargs -0 clang-format --dry-run 2>&1) || { echo "$answer"; exit 1; }
said=$(echo "$answer" | grep -o '^[^ :]*:[0-9]*:[0-9]*: warning')
[ -z "$said" ] && exit 0
echo "$said" | cut -d : -f 1 | uniq -c | sed 's/ *\([0-9]*\) \(.*\)/\2: \1 places differ from .clang-format; clang-format -i puts them right/'
exit 1
