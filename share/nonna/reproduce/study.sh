# What the paper's tables have in common: a study's folder, what is learned from, the tests. Read by table1.sh and
# sensitivity.sh.
#
# STUDY/unlabelled.txt has a picture's path a line, STUDY/CONCEPT.tsv the columns path and label (1 or 0).
#
# Learned from are random squares of the unlabelled pictures, at any place and of many sizes, as things stand in video
# frames: by STUDY/mixture.tsv, or the one beside this file, pictures whose path begins with `prefix` (the first line
# that fits) are a set that takes `weight` of every batch, of whose pictures only the middle `crop` pixels are used (0:
# all), and `patches` squares of each, with sides of `patch_size` pixels. By STUDY/tests.tsv, likewise, a test shows its
# concept in `frame`, jittered by `jitter`; * is any other concept.
#
# A test has four parts that share no person, film or class of scenes: a and b are for choosing among networks, all of a, b
# and c for choosing neuron and threshold, d is scored.

side=48        # of the networks
larger=72      # squares that linear filters are cut from: half as large again
parts=1:1:2:2
candidates=14400    # for matched distractors

# A name that means something to the tables, or that they could not write down, is no concept's.
concept_name() {    # concept_name NAME SUBJECT
    case $1 in
    *[!A-Za-z0-9_.-]* | -* | .*) fail 1 "$2" "a concept's name is of letters, digits, '_', '-' and '.': rename it" ;;
    mixture | tests | originals | squares | larger | faceless | models | networks | unlabelled | distractors)
        fail 1 "$2" "'$1' is a name of the tables' own: rename the concept" ;;
    esac
}

columns_of() {    # columns_of TABLE COLUMN...: they are its first, in this order
    table=$1
    shift
    wanted=$(printf '%s\t' "$@")
    case "$(head -n 1 "$table")	" in
    "$wanted"*) ;;
    *) fail 1 "$table" "its first line must begin with the columns $*, with tabs between" ;;
    esac
}

study_inputs() {
    [ -s "$study/unlabelled.txt" ] || fail 1 "$study/unlabelled.txt" "not there, or empty"
    cat "$study/unlabelled.txt" >unlabelled.new
    for table in "$study"/*.tsv; do
        concept=${table##*/} concept=${concept%.tsv}
        case $concept in mixture | tests) continue ;; esac
        [ -e "$table" ] || fail 1 "$study" "no CONCEPT.tsv in it"
        concept_name "$concept" "$table"
        columns_of "$table" path label
        for least in 1:24 0:10; do    # four of a sixth of the positives are matched at least
            [ "$(awk -F '\t' -v l=${least%:*} 'NR > 1 && $2 == l' "$table" | wc -l)" -ge ${least#*:} ] ||
                fail 1 "$table" "fewer than ${least#*:} pictures with label ${least%:*}: too few for four parts of a test"
        done
        echo "== $concept"
        cat "$table"
    done >concepts.new
    for name in mixture tests; do
        [ -e "$study/$name.tsv" ] && from=$study/$name.tsv || from=$share/reproduce/$name.tsv
        case $name in
        mixture) columns_of "$from" prefix weight crop patches patch_size ;;
        *) columns_of "$from" concept frame jitter ;;
        esac
        cat "$from" >"$name.new"
    done
}

# A list for each set of the mixture that has pictures; positives and negatives for each concept.
study_prepare() {
    concepts=$(sed -n 's/^== //p' concepts.list)
    mkdir -p originals squares larger
    rm -f originals/*.list
    rm -f mixture.sets
    awk -F '\t' '
        FNR == 1 && FNR == NR { next }
        FNR == NR {    # a set, with a name that is a file name and nobody else has
            set = $1
            sub(/\/+$/, "", set)
            gsub(/[^A-Za-z0-9_.-]/, "_", set)
            if (set == "") set = "others"
            while (set in taken) set = set "_"
            taken[set] = 1
            prefix[++n] = $1; name[n] = set; row[n] = $2 "\t" $3 "\t" $4 "\t" $5
            next
        }
        {
            for (i = 1; i <= n && index($0, prefix[i]) != 1 && prefix[i] != ""; ++i) ;
            if (i > n) { ++without; next }
            print > ("originals/" name[i] ".list")
            used[i] = 1
        }
        END {
            for (i = 1; i <= n; ++i) if (used[i]) print name[i] "\t" row[i] > "mixture.sets"
            if (without) print "nonna-reproduce: mixture.tsv: " without " pictures begin with none of its prefixes, left out" > "/dev/stderr"
        }' mixture.list unlabelled.list
    [ -s mixture.sets ] || fail 1 mixture.tsv "no picture begins with one of its prefixes"
    sets=$(cut -f 1 mixture.sets)
    heaviest=$(sort -t "$(printf '\t')" -k 2,2nr mixture.sets | head -n 1 | cut -f 1)
    for concept in $concepts; do
        mkdir -p "$concept"
        awk -F '\t' -v want="$concept" -v base="$concept/" '
            /^== / { on = substr($0, 4) == want; header = 1; next }
            !on { next }
            header { print > (base "positives.tsv"); print > (base "negatives.tsv"); header = 0; next }
            { print > (base ($2 == 1 ? "positives" : "negatives") ".tsv") }' concepts.list
    done
}

set_field() { awk -F '\t' -v s="$1" -v f="$2" '$1 == s { print $f }' mixture.sets; }    # set_field SET COLUMN
# The test's frame and jitter: test_field CONCEPT COLUMN
test_field() { awk -F '\t' -v c="$1" -v f="$2" 'NR > 1 && ($1 == c || $1 == "*") { print $f; exit }' tests.list; }

# mixture FOLDER: the words that name a folder's sets with their weights; where it has lists of the pictures that it
# kept, a set has as much of its weight.
mixture() {
    for set in $sets; do
        kept=1 all=1
        [ ! -e "$1/$set.list" ] || kept=$(wc -l <"$1/$set.list") all=$(wc -l <"originals/$set.list")
        [ "$kept" -eq 0 ] ||
            awk -v f="$1/$set.tar" -v w="$(set_field "$set" 2)" -v k="$kept" -v n="$all" \
                'BEGIN { printf " --data %s:%.4g", f, w * k / n }'
    done
}

# The sets: pictures as they are, and squares of them.
study_sets() {
    for set in $sets; do
        crop=$(set_field "$set" 3)
        step 5 "originals/$set.tar" "pictures to learn from: $set" nonna-dataset pack --root "$data" \
            --files-from "originals/$set.list" --crop "$crop" -o "originals/$set.tar"
    done
    study_squares squares $side
    step 1 train-pictures.png "a look at what is learned from" \
        nonna-dataset sheet "squares/$heaviest.tar" --count 200 --columns 20 --tile 48 -o train-pictures.png
}

study_squares() {    # study_squares FOLDER SIDE
    for set in $sets; do
        step 10 "$1/$set.tar" "$1 of $set" nonna-dataset pack "originals/$set.tar" \
            --patches "$(set_field "$set" 4)" --patch-size "$(set_field "$set" 5)" --size "$2" --decode whole --seed 1 -o "$1/$set.tar"
    done
}

study_originals() {    # study_originals CONCEPT
    for kind in positives negatives; do
        step 2 "$1/$kind.tar" "$1: $kind" nonna-dataset pack --root "$data" --labels-from "$1/$kind.tsv" -o "$1/$kind.tar"
    done
}

# What may be in one part only: a folder, be it a person's or a class's; where there are too few folders, a picture.
groups_of() {    # groups_of CONCEPT
    by=folder
    for kind in positives negatives; do
        case $(sed '1d; s,/*[^/]*$,,' "$1/$kind.tsv" | sort -u | wc -l) in [23]) by=source ;; esac
    done
    echo $by
}

# study_test CONCEPT NAME LOOK [OPTION]...: a test set NAME.tar in the concept's folder, grey or colour
study_test() {
    of=$1 name=$2 look=$3
    shift 3
    [ "$look" = colour ] || set -- --jitter "$(test_field "$of" 3)" --through $side --look grey "$@"
    step 8 "$of/$name.tar" "$of: test $name" nonna-dataset testset --positives "$of/positives.tar" \
        --negatives "$of/negatives.tar" --frame "$(test_field "$of" 2)" --size $side --group-by "$(groups_of "$of")" --seed 1 \
        --split-lists "$of/$name=$parts" "$@" -o "$of/$name.tar"
}
