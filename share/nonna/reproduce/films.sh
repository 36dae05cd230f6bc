# The default experiment of nonna-reproduce(1), read by it: films and pictures in, a page about one neuron out.
#
# inputs() lists what goes in, prepare() cuts it in what is learned from and what is for the test, pipeline() has a line
# for each command. Names in lists end with NUL, so that any will do.

tools='frames dataset init train sweep baseline stimulus invariance report'
lists='films pictures faces settings'
. "$share/reproduce/neurons.sh"

inputs() {
    if [ -z "$data" ]; then
        samples=/usr/share/doc/opencv-doc/examples/data
        for film in vtest.avi Megamind.avi tree.avi; do    # a street with people, a scene of a film, a tree in the wind
            if [ -e "$samples/$film" ]; then
                printf '%s\0' "$samples/$film"
            elif [ -e "$samples/$film.gz" ]; then
                mkdir -p films
                [ -e "films/$film" ] || { gzip -dc "$samples/$film.gz" >"films/$film.part" && mv "films/$film.part" "films/$film"; }
                printf '%s\0' "$out/films/$film"
            else
                fail 1 "$samples/$film" "not there: install the package opencv-doc, or name a folder with --data"
            fi
        done >films.new
        : >pictures.new
    else
        find -L "$data" -path "$out" -prune -o -type f \( -iname '*.avi' -o -iname '*.mp4' -o -iname '*.m4v' -o -iname '*.mkv' \
            -o -iname '*.webm' -o -iname '*.mov' -o -iname '*.mpg' -o -iname '*.mpeg' -o -iname '*.ogv' -o -iname '*.wmv' \
            -o -iname '*.flv' -o -iname '*.gif' \) -print0 | sort -z >films.new
        find -L "$data" -path "$out" -prune -o -type f \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' -o -iname '*.webp' \
            -o -iname '*.ppm' \) -print0 | sort -z >pictures.new
    fi
    : >faces.new
    [ -z "$faces" ] || find -L "$faces" -type f \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' -o -iname '*.webp' \
        -o -iname '*.ppm' \) -print0 | sort -z >faces.new

    echo "steps $training" >settings.new
}

at_most() { [ "$1" -gt "$2" ] && echo "$2" || echo "$1"; }

prepare() {
    films=$(names films.list)
    [ "$films" -gt 0 ] || [ -s pictures.list ] || fail 1 "$data" "no videos and no pictures in it"
    [ -z "$faces" ] || [ "$(names faces.list)" -gt 9 ] || fail 1 "$faces" "fewer than ten pictures in it"

    [ -z "$faces" ] && echo people >concept.txt || echo faces >concept.txt    # for the page

    # Films are cut by time: the first 60 % to learn from, the rest for the test. Pictures and faces are dealt out instead,
    # three to learn from and two for the test; faces by halves, so that a person's pictures, one folder, stay together.
    sed -zn '1~5p; 2~5p; 3~5p' pictures.list >pictures-train.list
    sed -zn '4~5p; 5~5p' pictures.list >pictures-test.list
    half=$(($(names faces.list) / 2))
    sed -zn "1,${half}p" faces.list >faces-train.list
    sed -z "1,${half}d" faces.list >faces-test.list

    # As many frames of each film as make about 900 to learn from and 480 for the test.
    many=$(at_most $((900 / (films + 1) + 75)) 300)
    few=$(at_most $((480 / (films + 1) + 40)) 160)
}

pipeline() {
    # What to learn from: 24,000 random squares, 64 to 192 pixels wide, brought to 32x32. Nobody says what is on them.
    set --
    if [ "$films" -gt 0 ]; then
        step 4 frames-train.tar "frames from the first 60 % of each film" \
            nonna-frames --files-from films.list -0 --span 0:0.6 --per-video $many --size 0 --seed 1 -o frames-train.tar
        step 2 frames-test.tar "frames from the rest" \
            nonna-frames --files-from films.list -0 --span 0.6:1 --per-video $few --size 0 --seed 2 -o frames-test.tar
        set -- frames-train.tar
    fi
    sources=$(($(pictures frames-train.tar) + $(names pictures-train.list)))
    [ ! -s pictures-train.list ] || set -- "$@" --files-from pictures-train.list -0
    step 3 train.tar "random squares to learn from" \
        nonna-dataset pack "$@" --patches $((24000 / (sources + 1) + 1)) --patch-size 64:192 --size 32 --decode whole --seed 1 -o train.tar
    step 5 larger.tar "larger squares, to cut linear filters from" \
        nonna-dataset pack "$@" --patches $((24000 / (sources + 1) + 1)) --patch-size 96:288 --size 48 --decode whole --seed 1 -o larger.tar
    held=frames-test.tar
    if [ -s pictures-test.list ]; then
        set --
        [ "$films" -eq 0 ] || set -- frames-test.tar
        held=test-all.tar
        step 4 test-all.tar "pictures for the test" \
            nonna-dataset pack "$@" --files-from pictures-test.list -0 -o test-all.tar
    fi

    # What to be tested on: pictures with the thing and without it, 64.8 % without, as in the paper. The half that chooses
    # and the half that judges share no ten seconds of a film, no folder of pictures.
    if [ -z "$faces" ]; then
        # People with what is around them, where a detector is sure of them. Without: the same places when nobody is
        # there, and the same places of other films, so that neither place nor film can pass for a person.
        step 20 people.tar "people in the rest of the films" \
            nonna-dataset faces "$held" --detector people -o people.tar
        step 1 test.tar "people, and the same places without them" \
            nonna-dataset testset --from-boxes people.tar --others people.tar --min-score 1 --margin 0.5 --look grey \
                --prior 0.648 --size 32 --split-lists test --group-by time --seed 1 -o test.tar
    else
        # Faces, the middle of each picture. Half of them join what is learned from, unlabelled, as one in seven.
        step 5 faces-train.tar "faces to learn from, unlabelled" \
            nonna-dataset pack --files-from faces-train.list -0 --crop 0.64 --size 32 --decode whole -o faces-train.tar
        step 5 faces-larger.tar "and with what is around them" \
            nonna-dataset pack --files-from faces-train.list -0 --crop 0.96 --size 48 --decode whole -o faces-larger.tar
        step 5 faces-test.tar "faces for the test" \
            nonna-dataset pack --files-from faces-test.list -0 --crop 0.64 --size 32 --decode whole -o faces-test.tar
        step 40 faceless.tar "pictures without faces" \
            nonna-dataset faces "$held" --detector face --keep without -o faceless.tar
        step 4 others.tar "random squares of them" \
            nonna-dataset pack faceless.tar --patches $((2 * $(pictures faces-test.tar) / ($(pictures faceless.tar) + 1) + 1)) \
                --patch-size 64:192 --size 32 --decode whole --seed 2 -o others.tar
        step 2 test.tar "faces among them" \
            nonna-dataset testset --positives faces-test.tar --negatives others.tar --look grey --prior 0.648 --size 32 \
                --split-lists test --group-by folder --seed 1 -o test.tar
    fi
    step 1 train-pictures.png "a look at what is learned from" \
        nonna-dataset sheet train.tar --count 200 --columns 20 --tile 48 -o train-pictures.png
    step 1 test-pictures.png "a look at the test" \
        nonna-dataset sheet test.tar --count 200 --columns 20 --tile 48 --labels -o test-pictures.png

    # The network, first with random weights, then trained: every stage learns to give back its input sparsely.
    step 4 random.safetensors "a network with random weights" \
        nonna-init demo --seed 1 --whiten-from train.tar -o random.safetensors
    set -- --data train.tar
    [ -z "$faces" ] || set -- --data train.tar:0.86 --data faces-train.tar:0.14
    step $((training / 30 + 1)) model.safetensors "training, without labels" \
        nonna-train random.safetensors "$@" --steps "$training" --batch 96 --precision bf16 --seed 1 --validate test.tar \
            --log train.tsv --checkpoint checkpoints --resume -o model.safetensors

    # Every neuron by itself: does a threshold on its response tell the two apart? It is chosen on one half of the test
    # and judged on the other, for the best of many always looks good on what chose it.
    step 1 sweep-random.tsv "the neurons of the random network" \
        nonna-sweep random.safetensors test.tar --held-out --choose auc --bootstrap 1000 -o sweep-random.tsv
    step 1 sweep-first.tsv "the trained network's first stage" \
        nonna-sweep model.safetensors test.tar --layer 1.norm --held-out --choose auc --bootstrap 1000 \
            --best-responses best-responses-first.tsv -o sweep-first.tsv
    step 1 sweep-top.tsv "the trained network's top" \
        nonna-sweep model.safetensors test.tar --held-out --choose auc --bootstrap 1000 \
            --best-responses best-responses.tsv -o sweep-top.tsv

    # What else could tell them apart, out of the very same pictures: a piece of one laid over, or centroids.
    larger='--data larger.tar' same='--data train.tar'
    [ -z "$faces" ] || larger='--data larger.tar:0.86 --data faces-larger.tar:0.14' \
        same='--data train.tar:0.86 --data faces-train.tar:0.14'
    step 8 sweep-linear.tsv "20000 linear filters" \
        nonna-baseline linear test.tar $larger --filters 20000 --channels 1 --seed 1 --held-out --choose auc \
            --bootstrap 1000 --best-responses best-responses-linear.tsv -o sweep-linear.tsv
    step 8 sweep-kmeans.tsv "K-means" \
        nonna-baseline kmeans test.tar $same --side 27 --centroids 1000 --iterations 20 --channels 1 --seed 1 \
            --held-out --choose auc --bootstrap 1000 -o sweep-kmeans.tsv

    # What the best of them likes most: on average, of all inputs there could be, and of the test's pictures.
    set -- model.safetensors --from sweep-top.tsv --neurons 1
    step 2 average.png "the average of what the best neuron responds to" \
        nonna-stimulus average "$@" --data train.tar -o average.png
    step 2 optimal.png "its optimal stimulus" \
        nonna-stimulus optimal "$@" --data test.tar --tsv optimal.tsv --seed 1 -o optimal.png
    step 1 top.png "the pictures it responds to most, and least" \
        nonna-stimulus top "$@" --data test.tar --count 48 --tsv top.tsv --weakest weakest.png --each neurons -o top.png
    step 3 invariance.tsv "the same pictures moved, scaled, turned" \
        nonna-invariance model.safetensors --sweep sweep-top.tsv test.tar --count 20 --sheet invariance.png \
            -o invariance.tsv
    step 3 invariance-first.tsv "and before the first stage's best" \
        nonna-invariance model.safetensors --sweep sweep-first.tsv test.tar --count 20 -o invariance-first.tsv

    # And the others: what the first stage has learnt, and what two dozen neurons of the top like.
    step 1 filters.png "the first stage's filters" \
        nonna-stimulus filters model.safetensors --stage 1 --grid 2 --tsv filters.tsv -o filters.png
    step 1 filters-more.png "more of them" \
        nonna-stimulus filters model.safetensors --stage 1 --grid 4 -o filters-more.png
    step 6 layer.png "optimal stimuli all over the top" \
        nonna-stimulus optimal model.safetensors --layer top --neurons 24 --starts 2 --data test.tar --seed 1 -o layer.png
    neuron_pages . model.safetensors test.tar train.tar test.tar --held-out
}

results() { :; }    # the report takes all from the steps' files
