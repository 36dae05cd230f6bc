# Who may include whom. A room may include itself and the rooms below it, which are those it names in lib/CMakeLists.txt
# and the rooms below these; a program those of the rooms it names in tools/CMakeLists.txt, and cli's.
# A header of tools/ itself is for several programs, each of which must name the rooms that it includes. A library is
# included in its rooms only, and not by way of a header that other rooms see (base/tensor.h, which gives arrays to all,
# excepted).
cd "$1" || exit 1

{
    # "room NAME BELOW..." and "tool NAME ROOM..." from the CMake files.
    sed 's/#.*//' lib/CMakeLists.txt | tr '\n' ' ' | grep -o 'nonna_room([^)$]*' | sed 's/nonna_room(/room /
        s/ LIBRARIES.*//
        s/ ROOMS / /'
    sed 's/#.*//' tools/CMakeLists.txt | tr '\n' ' ' | grep -o 'nonna_tool([^)$]*' | sed 's/nonna_tool(/tool /'
    find lib tools -name '*.h' -o -name '*.cpp' -o -name '*.inc' | LC_ALL=C sort | while read -r file; do
        echo "file $file"
        sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]\([^">]*\)[">].*/include \1/p' "$file"
    done
} | awk '
function library(path) {    # which rooms may include it; "" for the standard library and the system
    if (path ~ /^CLI\//) return "cli"
    if (path ~ /^(opencv2|libav[a-z]*|libsw[a-z]*|webp)\// || path ~ /^(turbojpeg|jpeglib|jerror)\.h$/ || path == "png.h") return "media"
    if (path ~ /^(xtensor|xtl)\//) return "base"
    if (path ~ /^xtensor-blas\// || path ~ /^(cblas|lapacke?|openblas)/) return "model analysis"
    if (path ~ /^archive(_entry)?\.h$/ || path ~ /^openssl\//) return "io"
    if (path ~ /^nlohmann\//) return "io model paramserver"
    if (path ~ /^boost\/property_tree\//) return "model"
    if (path ~ /^Random123\//) return "base"
    if (path ~ /^nng\//) return "paramserver"
    if (path ~ /intrin\.h$/) return "kernels"
    if (path ~ /^\.\.\/[^\/]*\.h$/) return ""    # a header of tools/, seen from the folder of a program: below
    if (path ~ /^(sys|netinet|arpa|linux)\// || path !~ /\//) return ""
    return "none"
}
function among(word, list,    i, n, words) {
    n = split(list, words, " ")
    for (i = 1; i <= n; ++i) if (words[i] == word) return 1
    return 0
}
function breach(text) { print text; failed = 1 }
function reaches(room, target,    i, n, words) {
    if (room == target) return 1
    n = split(below[room], words, " ")
    for (i = 1; i <= n; ++i) if (reaches(words[i], target)) return 1
    return 0
}
function allowed(tool, target,    i, n, words) {
    n = split(needs[tool], words, " ")
    for (i = 1; i <= n; ++i) if (reaches(words[i], target)) return 1
    return 0
}
# Does the header bring a library along? Remembered; rooms have no circles, headers must not either.
function foreign(header,    i, n, words) {
    if (header in known) return known[header]
    known[header] = ""
    if (libraries[header] != "") known[header] = libraries[header]
    n = split(includes[header], words, " ")
    for (i = 1; i <= n; ++i)
        if (words[i] != "base/tensor.h" && foreign(words[i]) != "") known[header] = foreign(words[i])
    return known[header]
}
$1 == "room" { name = $2; sub(/^room [^ ]+ */, ""); below[name] = $0; rooms[name] = 1; ++count; next }
$1 == "tool" { name = $2; sub(/^tool [^ ]+ */, ""); needs[name] = "cli " $0; next }
$1 == "file" {
    file = $2; header = file; sub(/^lib\//, "", header)
    n = split(file, parts, "/")
    owner = parts[2]
    inlib = parts[1] == "lib"
    if (inlib && !(owner in rooms)) breach(file ": " owner " is no room of lib/CMakeLists.txt")
    ++files; next
}
$1 == "include" {
    from[++total] = file; what[total] = $2
    split($2, parts, "/")
    if (parts[1] in rooms) { includes[header] = includes[header] " " $2; next }
    home = library($2)
    if (home == "") next
    libraries[header] = $2
    if (!inlib || !among(owner, home)) breach(file ": " $2 " belongs to " (home == "none" ? "no room" : "room " home))
    else if (home == "base" && $2 ~ /^x/ && file != "lib/base/tensor.h") breach(file ": arrays come from base/tensor.h")
}
END {
    for (i = 1; i <= total; ++i) {
        split(what[i], parts, "/"); target = parts[1]
        if (!(target in rooms)) continue
        split(from[i], parts, "/")
        if (parts[1] == "lib") {
            room = parts[2]
            if (!reaches(room, target)) breach(from[i] ": room " room " may not include " what[i])
        } else if (from[i] ~ /^tools\/[^\/]*\.h$/) {
            room = ""
            name = parts[2]
            for (k = 1; k <= total; ++k) {
                split(what[k], path, "/")
                # a header that another header of tools/ takes in is checked where that one is used
                if (from[k] !~ /^tools\// || from[k] ~ /^tools\/[^\/]*\.h$/ || (what[k] != name && !(path[1] == ".." && path[2] == name))) continue
                split(from[k], user, "/"); tool = user[2]; sub(/\..*/, "", tool)
                if (!allowed(tool, target)) breach(from[k] ": " tool " names no room that has " what[i] ", by " from[i])
            }
        } else {
            room = ""
            tool = parts[2]; sub(/\..*/, "", tool)
            if (!allowed(tool, target)) breach(from[i] ": " tool " names no room that has " what[i])
        }
        if (room != target && what[i] != "base/tensor.h" && foreign(what[i]) != "")
            breach(from[i] ": " what[i] " brings " foreign(what[i]) " out of its room")
    }
    if (count < 8 || files < 8) breach("lib/CMakeLists.txt or the tree was not understood: " count + 0 " rooms, " files + 0 " files")
    exit failed
}'
