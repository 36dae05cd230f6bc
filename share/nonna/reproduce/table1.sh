# The paper's comparisons (Table 1 and the text around it), read by nonna-reproduce(1): for each concept the best single
# neuron against guessing, random weights, the best linear filter, the stages below, a network without contrast
# normalisation, deep sigmoid autoencoders, K-means, and, for faces, a network that never saw one.
#
# Each is tested three times. `test`: grey squares, jittered, equally sharp. `matched`: the same positives among
# distractors that have their low-level looks. `colour`: the paper's own protocol, for a network in colour. What the best
# neuron makes of three controls stands in controls.tsv: pictures upside down, with phases scrambled, and what is beside
# the thing. Neuron and threshold are chosen by AUC on parts a, b and c, and part d is scored.
#
# One list of seeds serves every method: a seed is that of the weights, of the order of pictures, of filters, centroids.
# CONCEPT/seed-N has a seed's tables, CONCEPT those of the first; table1-runs.tsv has a line for each, table1.tsv means.

tools='dataset init train sweep baseline stimulus invariance compare report'
lists='unlabelled concepts mixture tests settings'
. "$share/reproduce/study.sh"
. "$share/reproduce/neurons.sh"

inputs() {
    study_inputs
    # Of the seeds only the first, whose tables are the concepts' own: more of them go on in the same folder.
    echo "table1, network $arch${optimizer:+, optimizer $optimizer}${rate:+, rate $rate}, steps $training," \
        "first seed ${seeds%%,*}, filters $filters, centroids $centroids${quick:+, quick}" >settings.new
}

prepare() {
    study_prepare
    [ -z "$quick" ] || concepts=$(echo "$concepts" | grep -x faces || echo "$concepts" | head -n 1)
    first=${seeds%%,*} first_concept=$(echo "$concepts" | head -n 1)
    [ -n "$centroids" ] || centroids=$(($(wc -l <unlabelled.list) / 5))
    mkdir -p models
    for concept in $concepts; do
        for seed in $(echo "$seeds" | tr , ' '); do mkdir -p "$concept/seed-$seed"; done
    done
    faces=$(echo "$concepts" | grep -x faces || :)
    [ -z "$faces" ] || mkdir -p faceless
    # Of these the first seed's tables are the concept's own.
    at_seed() { [ "$seed" = "$first" ] && echo "$concept" || echo "$concept/seed-$seed"; }
}

random() {    # random ARCHITECTURE NAME
    step 5 "models/$2-random-$seed.safetensors" "random weights: $2, seed $seed" \
        nonna-init "$1" --seed "$seed" --whiten-from "squares/$heaviest.tar" -o "models/$2-random-$seed.safetensors"
}

# train FROM NAME FOLDER SECONDS TITLE [OPTION]...: a network of random weights, trained on a folder's sets; SECONDS for
# 600 steps
train() {
    from=$1 name=$2 folder=$3 seconds=$4 title=$5
    shift 5
    log=models/$name-$seed.tsv
    [ "$name-$seed" != "study-$first" ] || log=train.tsv
    step $((training * seconds / 600 + 2)) "models/$name-$seed.safetensors" "$title: $training steps, seed $seed" \
        nonna-train "models/$from-random-$seed.safetensors" $(mixture "$folder") --steps "$training" --batch 96 \
        --precision bf16 --seed "$seed" "$@" --checkpoint "models/checkpoints-$name-$seed" --resume --log "$log" \
        -o "models/$name-$seed.safetensors"
}

# How the network is trained, wherever it is the network itself; the controls are as their own files say.
as_told() { echo ${optimizer:+--optimizer "$optimizer"} ${rate:+--rate "$rate"}; }

# score TEST FILE MODEL [OPTION]...: every neuron of a model, chosen on parts a, b and c, scored on d
score() {
    test=$1 table=$(at_seed)/$2 model=$3
    shift 3
    step 4 "$table" "$concept: ${table##*/}, seed $seed" \
        nonna-sweep "models/$model-$seed.safetensors" "$concept/$test.tar" --held-out --parts a+b+c:d --choose auc \
        --bootstrap 400 -o "$table" "$@"
}

# rivals TEST SUFFIX CHANNELS: linear filters and K-means, on the very squares the networks learn from
rivals() {
    at=$(at_seed)
    step $((filters * $3 / 7500 + 2)) "$at/sweep-linear$2.tsv" "$concept: $filters linear filters, $1, seed $seed" \
        nonna-baseline linear "$concept/$1.tar" $(mixture larger) --filters "$filters" --channels "$3" --seed "$seed" \
        --held-out --parts a+b+c:d --choose auc --bootstrap 400 --memory 2048 \
        --best-responses "$at/best-responses-linear$2.tsv" -o "$at/sweep-linear$2.tsv"
    # Centroids know nothing of the concept: they are fitted once a seed.
    centroid_file=models/kmeans-$3-$seed.safetensors
    set -- "$1" "$2" "$3" --model "$centroid_file"
    [ "$concept $1" != "$first_concept $fitting" ] || set -- "$1" "$2" "$3" $(mixture squares) --side 40 \
        --centroids "$centroids" --iterations 20 --channels "$3" --save "$centroid_file" --resume
    kmeans_test=$1 kmeans_table=$at/sweep-kmeans$2.tsv
    shift 3
    step 10 "$kmeans_table" "$concept: $centroids centroids, $kmeans_test, seed $seed" \
        nonna-baseline kmeans "$concept/$kmeans_test.tar" "$@" --seed "$seed" --held-out \
        --parts a+b+c:d --choose auc --bootstrap 400 -o "$kmeans_table"
}

pipeline() {
    study_sets
    for set in $sets; do
        step 10 "larger/$set.tar" "squares of $set, half as large again" nonna-dataset pack "originals/$set.tar" \
            --patches "$(set_field "$set" 4)" --patch-size "$(set_field "$set" 5)" --size $larger --decode whole --seed 1 \
            -o "larger/$set.tar"
    done
    [ -z "$faces" ] || [ -n "$quick" ] || faces_removed
    for concept in $concepts; do
        study_originals "$concept"
        study_test "$concept" test grey
        study_test "$concept" matched grey --match $candidates
        [ -n "$quick" ] || for control in inverted scrambled background; do
            study_test "$concept" $control grey --variant $control
        done
        step 1 "$concept/test-pictures.png" "$concept: a look at the test" nonna-dataset sheet "$concept/test.tar" \
            --count 200 --columns 20 --tile 48 --labels -o "$concept/test-pictures.png"
        step 1 "$concept/matched-pictures.png" "$concept: and at distractors that look alike" \
            nonna-dataset sheet "$concept/matched.tar" --count 200 --columns 20 --tile 48 --labels \
            -o "$concept/matched-pictures.png"
    done

    # Seed by seed, so that a run that is stopped has whole columns.
    for seed in $(echo "$seeds" | tr , ' '); do
        random "$arch" study
        train study study squares 62 "the network" $(as_told)
        if [ -z "$quick" ]; then
            for control in study-nonorm study-autoencoder3 study-autoencoder6; do random $control ${control#study-}; done
            train nonorm nonorm squares 55 "no contrast normalisation"
            train autoencoder3 autoencoder3 squares 20 "autoencoder of 3 layers"
            train autoencoder6 autoencoder6 squares 22 "autoencoder of 6 layers"
            [ -z "$faces" ] || train study faceless faceless 62 "the network, faces removed" $(as_told)
        fi
        for concept in $concepts; do
            at=$(at_seed)
            if [ "$seed" = "$first" ]; then
                score test sweep-top.tsv study --best-responses "$at/best-responses.tsv"
            else
                score test sweep-top.tsv study
            fi
            fitting=test
            for test in test matched; do
                suffix=-$test
                [ $test = matched ] || suffix=
                score $test "sweep-random$suffix.tsv" study-random
                score $test "sweep-first$suffix.tsv" study --layer 1.norm
                score $test "sweep-second$suffix.tsv" study --layer 2.norm
                [ $test = test ] || score $test "sweep-top$suffix.tsv" study
                [ -n "$quick" ] || {
                    score $test "sweep-nonorm$suffix.tsv" nonorm
                    score $test "sweep-autoencoder3$suffix.tsv" autoencoder3
                    score $test "sweep-autoencoder6$suffix.tsv" autoencoder6
                    [ "$concept" != faces ] || score $test "sweep-faceless$suffix.tsv" faceless
                }
                rivals $test "$suffix" 1
            done
            [ -n "$quick" ] || for control in inverted scrambled background; do
                score $control "sweep-$control.tsv" study
            done
        done
    done
    [ -n "$quick" ] || further

    # What the best neuron of each concept likes, and what leaves it cold.
    model=models/study-$first.safetensors
    step 1 filters.png "filters of the first stage" \
        nonna-stimulus filters "$model" --stage 1 --grid 2 --tsv filters.tsv -o filters.png
    step 1 filters-more.png "more of them" nonna-stimulus filters "$model" --stage 1 --grid 4 -o filters-more.png
    for concept in $concepts; do
        set -- "$model" --from "$concept/sweep-top.tsv" --neurons 1
        # Over squares that have something to respond to, where a set of what was learned from has the concept's name.
        seen=$(echo "$sets" | grep -x "$concept" || echo "$heaviest")
        step 5 "$concept/average.png" "$concept: the average of what the best neuron responds to" \
            nonna-stimulus average "$@" --data "squares/$seen.tar" -o "$concept/average.png"
        step 5 "$concept/optimal.png" "$concept: its optimal stimulus" \
            nonna-stimulus optimal "$@" --data "$concept/test.tar" --seed 1 -o "$concept/optimal.png"
        # At most one picture of a person or class.
        step 2 "$concept/top.png" "$concept: the pictures it responds to most, and least" \
            nonna-stimulus top "$@" --data "$concept/test.tar" --count 48 --distinct group --tsv "$concept/top.tsv" \
            --weakest "$concept/weakest.png" --each "$concept/neurons" -o "$concept/top.png"
        # Moved as they were taken, so that what comes into sight is real.
        step 5 "$concept/invariance.tsv" "$concept: moved, scaled, turned" \
            nonna-invariance "$model" --sweep "$concept/sweep-top.tsv" "$concept/positives.tar" \
            --count 10 --sheet "$concept/invariance.png" -o "$concept/invariance.tsv"
        # Beside it the first stage's best.
        step 4 "$concept/best-responses-first.tsv" "$concept: what the best of the first stage responds" \
            nonna-sweep "$model" "$concept/test.tar" --layer 1.norm --held-out --parts a+b+c:d --choose auc \
            --best-responses "$concept/best-responses-first.tsv" -o /dev/null
        step 5 "$concept/invariance-first.tsv" "$concept: the same moved, scaled, turned" \
            nonna-invariance "$model" --sweep "$concept/sweep-first.tsv" "$concept/positives.tar" \
            --count 10 -o "$concept/invariance-first.tsv"
        neuron_pages "$concept" "$model" "$concept/test.tar" "squares/$seen.tar" "$concept/positives.tar" \
            --parts a+b+c:d --held-out --choose auc
    done
}

# Faces removed: no picture in which a detector finds one. It looks once, for all seeds. A set keeps as much of its
# weight as of its pictures.
faces_removed() {
    step 8 faceless/all.tar "all pictures" nonna-dataset pack --root "$data" --files-from unlabelled.list -o faceless/all.tar
    step 70 faceless/kept.tar "those without a face" \
        nonna-dataset faces faceless/all.tar --detector face --keep without -o faceless/kept.tar
    [ ! -e faceless/kept.tar ] || [ -e faceless/kept.list ] || {
        tar -xOf faceless/kept.tar --wildcards '*.json' | tr '{}' '\n\n' | sed -n 's/.*"source": *"\([^"]*\)".*/\1/p' |
            sort -u >faceless/kept.new
        mv faceless/kept.new faceless/kept.list
    }
    for set in $sets; do
        [ -e faceless/kept.list ] || continue
        sort -u "originals/$set.list" | comm -12 - faceless/kept.list >"faceless/$set.list"
        [ -s "faceless/$set.list" ] || continue
        step 10 "faceless/$set.tar" "squares of $set without a face" nonna-dataset pack --root "$data" \
            --files-from "faceless/$set.list" --crop "$(set_field "$set" 3)" --patches "$(set_field "$set" 4)" \
            --patch-size "$(set_field "$set" 5)" --size $side --decode whole --seed 1 -o "faceless/$set.tar"
    done
}

# The other ways in which stages can learn together, and the paper's protocol in colour; behind all seeds' networks.
further() {
    for seed in $(echo "$seeds" | tr , ' '); do
        for schedule in joint stagewise; do
            train study $schedule squares 66 "the network, $schedule" --schedule $schedule $(as_told)
            for concept in $concepts; do
                score test sweep-$schedule.tsv $schedule
                score matched sweep-$schedule-matched.tsv $schedule
                # Where stages learn by themselves, the first one is a network of its own.
                [ $schedule = joint ] || {
                    score test sweep-one.tsv $schedule --layer 1.norm
                    score matched sweep-one-matched.tsv $schedule --layer 1.norm
                }
            done
        done
    done
    fitting=colour
    for concept in $concepts; do study_test "$concept" colour colour; done
    for seed in $(echo "$seeds" | tr , ' '); do
        random study-colour colour
        train colour colour squares 65 "the network in colour"
        for concept in $concepts; do
            score colour sweep-random-colour.tsv colour-random
            score colour sweep-first-colour.tsv colour --layer 1.norm
            score colour sweep-top-colour.tsv colour
            rivals colour -colour 3
        done
    done
}

# run_of TEST METHOD FILE: a line of the list of runs, where there is the table
run_of() {
    [ ! -e "$(at_seed)/$3" ] || printf '%s\t%s\t%s\t%s\t%s\n' "$concept" "$1" "$2" "$seed" "$(at_seed)/$3"
}

results() {
    {
        printf 'concept\ttest\tmethod\tseed\tsweep\n'
        for concept in $concepts; do
            for test in test matched colour; do
                suffix=-$test
                [ $test != test ] || suffix=
                for seed in $(echo "$seeds" | tr , ' '); do
                    run_of $test guess "sweep-random$suffix.tsv"
                    run_of $test "random weights" "sweep-random$suffix.tsv"
                    run_of $test "best linear filter" "sweep-linear$suffix.tsv"
                    run_of $test "best first-stage neuron" "sweep-first$suffix.tsv"
                    run_of $test "best of a one-stage network" "sweep-one$suffix.tsv"
                    run_of $test "best second-stage neuron" "sweep-second$suffix.tsv"
                    run_of $test "best neuron" "sweep-top$suffix.tsv"
                    run_of $test "stages jointly" "sweep-joint$suffix.tsv"
                    run_of $test "stages by themselves" "sweep-stagewise$suffix.tsv"
                    run_of $test "no contrast normalisation" "sweep-nonorm$suffix.tsv"
                    run_of $test "autoencoder of 3 layers" "sweep-autoencoder3$suffix.tsv"
                    run_of $test "autoencoder of 6 layers" "sweep-autoencoder6$suffix.tsv"
                    run_of $test "K-means" "sweep-kmeans$suffix.tsv"
                    run_of $test "faces removed from training" "sweep-faceless$suffix.tsv"
                done
            done
        done
    } | nonna-compare -q - --runs table1-runs.tsv --paper "$share/reproduce/paper.tsv" -o table1.tsv
    controls
    ran table1.tsv --table1 "$study" --data "$data" --steps "$training" --seeds "$seeds" --filters "$filters" \
        --centroids "$centroids" --arch "$arch" ${rate:+--rate "$rate"} ${optimizer:+--optimizer "$optimizer"} \
        ${quick:+--quick}
}

# What the neuron chosen for the test makes of the controls, on part d.
controls() {
    printf 'concept\tcontrol\tseed\tneuron\tauc\n' >controls.new
    for concept in $concepts; do
        for control in inverted scrambled background; do
            for seed in $(echo "$seeds" | tr , ' '); do
                [ -e "$(at_seed)/sweep-$control.tsv" ] || continue
                neuron=$(nonna-sweep -q --from "$(at_seed)/sweep-top.tsv" --best 1 --by choice_auc --names)
                awk -F '\t' -v OFS='\t' -v neuron="$neuron" -v head="$concept	$control	$seed" '
                    NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
                    $1 "/" $2 "," $3 "," $4 == neuron { print head, neuron, $column["held_auc"] }' \
                    "$(at_seed)/sweep-$control.tsv" >>controls.new
            done
        done
    done
    [ "$(wc -l <controls.new)" -gt 1 ] && mv controls.new controls.tsv || rm -f controls.new controls.tsv
}
