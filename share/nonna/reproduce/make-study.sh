# The folder that --table1 and --sensitivity read, out of folders of pictures. Read by nonna-reproduce(1).
#
# DATA/unlabelled has what is learned from, in any layout; each of its sub-folders is a set of the mixture, with a weight
# as large as it has pictures. Every other sub-folder of DATA is a concept with its positives, but DATA/distractors, which
# has the negatives of all of them. Without it every third unlabelled picture, which is then not learned from, is one.

# Names with a tab or a newline do not fit a table.
pictures_below() {    # pictures_below FOLDER: paths relative to DATA, in byte order
    (cd "$data" && find -L "./$1" -type f ! -path '*[[:cntrl:]]*' \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' -o -iname '*.webp' \
        -o -iname '*.ppm' -o -iname '*.pgm' \)) | sed 's,^\./,,' | LC_ALL=C sort
}

. "$share/reproduce/study.sh"    # concept_name

make_study() {
    [ -d "$data/unlabelled" ] || fail 1 "$data" "has no folder 'unlabelled' with pictures to learn from"
    [ ! -e "$study" ] || fail 1 "$study" "is there already: name another folder"
    mkdir -p "$(dirname "$study")" || exit 1
    new=$(mktemp -d "$study.XXXXXX") || exit 1
    trap 'rm -rf "$new"' EXIT    # nothing half made stays
    chmod "$(umask -S)" "$new"    # mktemp makes it for its owner alone
    pictures_below unlabelled >"$new/unlabelled.txt"
    [ -s "$new/unlabelled.txt" ] || fail 1 "$data/unlabelled" "no pictures in it"
    if [ -d "$data/distractors" ]; then
        pictures_below distractors >"$new/distractors"
        [ -s "$new/distractors" ] || fail 1 "$data/distractors" "no pictures in it"
    else
        awk 'NR % 3 == 0' "$new/unlabelled.txt" >"$new/distractors"
        awk 'NR % 3 != 0' "$new/unlabelled.txt" >"$new/learned" && mv "$new/learned" "$new/unlabelled.txt"
        [ -n "$quiet" ] || echo "nonna-reproduce: no folder 'distractors': every third unlabelled picture is one," \
            "and is not learned from; what is sought should not be in it" >&2
    fi
    concepts=
    for folder in "$data"/*/; do
        concept=$(basename "$folder")
        case $concept in unlabelled | distractors) continue ;; esac
        pictures_below "$concept" >"$new/positives"
        [ -s "$new/positives" ] || continue
        concept_name "$concept" "$data/$concept"
        {
            printf 'path\tlabel\n'
            sed 's/$/\t1/' "$new/positives"
            sed 's/$/\t0/' "$new/distractors"
        } >"$new/$concept.tsv"
        concepts="$concepts $concept ($(wc -l <"$new/positives"))"
        [ "$(wc -l <"$new/positives")" -ge 24 ] || fail 1 "$data/$concept" \
            "$(wc -l <"$new/positives") pictures: too few for four parts of a test, 24 are the least"
    done
    few=$(wc -l <"$new/distractors")
    [ "$few" -ge 10 ] || fail 1 "$data" "$few distractors: too few for four parts of a test"
    rm -f "$new/positives" "$new/distractors"
    [ -n "$concepts" ] || fail 1 "$data" "no concept: no folder of pictures beside 'unlabelled'"
    printf 'prefix\tweight\tcrop\tpatches\tpatch_size\n' >"$new/mixture.tsv"
    awk -F / -v OFS='\t' '{ set = NF > 2 ? $1 "/" $2 "/" : "unlabelled/"; if (!n[set]++) order[++m] = set }
        END { for (i = 1; i <= m; ++i) if (order[i] != "unlabelled/") print order[i], n[order[i]], 0, 8, "48:1024"
              if (n["unlabelled/"]) print "unlabelled/", n["unlabelled/"], 0, 8, "48:1024" }' \
        "$new/unlabelled.txt" >>"$new/mixture.tsv"
    printf 'concept\tframe\tjitter\n*\tcrop:0.9\t0.1:0.2\n' >"$new/tests.tsv"
    mv "$new" "$study"
    [ -n "$quiet" ] || echo "$study: $(wc -l <"$study/unlabelled.txt") pictures to learn from;$concepts." \
        "What stands in mixture.tsv and tests.tsv may be changed: nonna-reproduce(1)"
}
