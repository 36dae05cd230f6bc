# One name, one thing. No two rooms define a type of the same name outside unnamed namespaces: linked together, their
# members would be one another's, and no linker says so. And no two rooms have files of the same name.
# The programs count as one room, as they are linked with the others but not with each other.
cd "$1" || exit 1
failed=0

find lib tools \( -name '*.h' -o -name '*.cpp' \) | LC_ALL=C sort | xargs awk '
# A line without comments, characters, and what is between quotation marks. Raw strings may be of several lines.
function bare(line,    out, at, before) {
    out = ""
    for (;;) {
        if (raw != "") {
            at = index(line, raw)
            if (at == 0) return out
            line = substr(line, at + length(raw))
            raw = ""
        }
        if (!match(line, /\/\/|["\047]/)) return out line
        at = RSTART
        before = at > 1 ? substr(line, at - 1, 1) : ""
        out = out substr(line, 1, at - 1)
        line = substr(line, at)
        if (substr(line, 1, 2) == "//") return out
        if (substr(line, 1, 1) == "\"" && before == "R") {
            at = index(line, "(")
            raw = ")" substr(line, 2, at - 2) "\""
            line = substr(line, at + 1)
        } else if (match(line, /^"([^"\\]|\\.)*"/)) {
            out = out "\"\""
            line = substr(line, RLENGTH + 1)
        } else if (before ~ /[0-9A-Fa-f]/ && line ~ /^\047[0-9A-Fa-f]/) {    # between the digits of a number
            line = substr(line, 2)
        } else if (match(line, /^\047([^\047\\]|\\.)*\047/)) {
            line = substr(line, RLENGTH + 1)
        } else {
            breach(place() "not understood: " line)
            return out
        }
    }
}
function breach(text) { print text; failed = 1 }
function place() { return FILENAME ":" FNR ": " }
# What a template is one of does not matter.
function plain(head,    i, n, c) {
    gsub(/\[\[[^]]*\]\]|__attribute__ *\(\([^)]*\)\)|alignas *\([^)]*\)/, " ", head)
    gsub(/[ \t]+/, " ", head)
    sub(/^ /, "", head)
    sub(/ $/, "", head)
    while (match(head, /^template ?</)) {
        n = 1
        for (i = RLENGTH + 1; i <= length(head) && n > 0; ++i) {
            c = substr(head, i, 1)
            n += (c == "<") - (c == ">")
        }
        head = substr(head, i)
        sub(/^ /, "", head)
    }
    sub(/^requires .* struct /, "struct ", head)
    sub(/^requires .* class /, "class ", head)
    sub(/^(static |const |constexpr |inline )+/, "", head)
    return head
}
# A brace opens: what is behind it? Kept is, for each level, the namespace there; "" where types are nobody elses.
function opens(head,    outside, name) {
    outside = depth == 0 ? "::" : scope[depth]
    ++depth
    scope[depth] = ""
    if (outside == "") return
    if (head ~ /^(inline )?namespace [A-Za-z_0-9: ]+$/) {
        name = head
        sub(/.*namespace /, "", name)
        scope[depth] = outside name "::"
    } else if (head ~ /^extern ""$/) {
        scope[depth] = outside
    } else if (head ~ /^(class|struct|union|enum|enum class|enum struct) [A-Za-z_][A-Za-z_0-9]*( final)?( ?:[^:].*)?$/) {
        name = head
        sub(/^(class|struct|union|enum class|enum struct|enum) /, "", name)
        sub(/[^A-Za-z_0-9].*/, "", name)
        defined(outside name)
    }
}
function defined(name,    parts, room) {
    split(FILENAME, parts, "/")
    room = parts[1] == "lib" ? parts[2] : parts[1]
    ++types
    if (!(name in owner)) {
        owner[name] = room
        first[name] = place()
    } else if (owner[name] != room) {
        at = first[name]
        sub(/: $/, "", at)
        breach(place() substr(name, 3) " is defined by room " owner[name] " too, " at)
    }
}
FNR == 1 {
    if (depth != 0) breach(last ": not understood: " depth " braces are open at its end")
    depth = 0; head = ""; raw = ""; goes_on = 0
}
{ last = FILENAME }
raw == "" && (goes_on || /^[ \t]*#/) { goes_on = /\\$/; next }
{
    line = bare($0)
    while (match(line, /[{};]/)) {
        mark = substr(line, RSTART, 1)
        head = head " " substr(line, 1, RSTART - 1)
        line = substr(line, RSTART + 1)
        if (mark == "{") opens(plain(head))
        if (mark == "}") --depth
        head = ""
    }
    head = head " " line
}
END {
    if (depth != 0) breach(last ": not understood: " depth " braces are open at its end")
    if (types < 100) breach("the tree was not understood: " types + 0 " types")
    exit failed
}' || failed=1

# room/name of every file, once for X.h and X.cpp
twice=$(find lib -mindepth 2 \( -name '*.h' -o -name '*.cpp' -o -name '*.inc' \) |
    sed 's|^lib/\([^/]*\)/.*/|lib/\1/|; s|\.[a-z]*$||' | LC_ALL=C sort -u | sed 's|.*/||' | sort | uniq -d)
for name in $twice; do
    echo "a file name of several rooms: $(echo lib/*/"$name".*)"
    failed=1
done
exit $failed
