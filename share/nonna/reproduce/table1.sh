# The paper's comparisons (Table 1 and the text around it), read by nonna-reproduce(1): for each concept the best single
# neuron against guessing, random weights, the best linear filter, the first stage, a network without contrast
# normalisation, deep sigmoid autoencoders, K-means, and, for faces, a network that never saw one.
#
# STUDY/unlabelled.txt has a picture's path a line, STUDY/CONCEPT.tsv the columns path and label (1 or 0). One list of
# seeds serves every method: a seed is that of the weights, of the order of pictures, of crops, centroids. The first
# seed's tables lie in CONCEPT/, those of the others in CONCEPT/seed-N; table1-runs.tsv has a line for each, table1.tsv
# the means.

tools='dataset init train sweep baseline stimulus invariance compare report'
lists='unlabelled concepts settings'
side=48        # of study, study-nonorm and the autoencoders
larger=72      # pictures that linear filters are cut from: half as large again

inputs() {
    [ -s "$study/unlabelled.txt" ] || fail 1 "$study/unlabelled.txt" "not there, or empty"
    cat "$study/unlabelled.txt" >unlabelled.new
    for table in "$study"/*.tsv; do
        [ -s "$table" ] || fail 1 "$study" "no CONCEPT.tsv in it"
        concept=${table##*/}
        echo "== ${concept%.tsv}"
        cat "$table"
    done >concepts.new
    echo "table1, steps $training, seeds $seeds, crop $crop, filters $filters, centroids $centroids" >settings.new
}

prepare() {
    concepts=$(sed -n 's/^== //p' concepts.list)
    first=${seeds%%,*} first_concept=$(echo "$concepts" | head -n 1)
    prefix=${crop%=*} pixels=${crop##*=}
    # Those to be cropped, and the rest. Without --crop all are the rest.
    [ -n "$crop" ] || prefix=/dev/null
    awk -v p="$prefix" 'index($0, p) == 1' unlabelled.list >unlabelled-crop.txt
    awk -v p="$prefix" 'index($0, p) != 1' unlabelled.list >unlabelled-rest.txt
    [ -n "$centroids" ] || centroids=$(($(wc -l <unlabelled.list) / 5))
    mkdir -p models
    for concept in $concepts; do
        mkdir -p "$concept"
        for seed in $(echo "$seeds" | tr , ' '); do [ "$seed" = "$first" ] || mkdir -p "$concept/seed-$seed"; done
        awk -F '\t' -v want="$concept" -v p="$prefix" -v base="$concept/" '
            /^== / { on = substr($0, 4) == want; header = 1; next }
            !on { next }
            header { for (kind in kinds) print > (base kind ".tsv"); header = 0; next }
            { print > (base ($2 == 1 ? "positives" : "negatives") (index($1, p) == 1 ? "-crop" : "-rest") ".tsv") }
            BEGIN { kinds["positives-crop"]; kinds["positives-rest"]; kinds["negatives-crop"]; kinds["negatives-rest"] }
        ' concepts.list
        { cat "$concept/positives-crop.tsv"; sed 1d "$concept/positives-rest.tsv"; } >"$concept/positives.tsv"
        # A person has a folder: nobody is to be in both halves. Where there are few folders every picture stands alone.
        folders=$(cut -f 1 "$concept/positives.tsv" | sed 's,/[^/]*$,,' | sort -u | wc -l)
        [ "$folders" -gt 20 ] && echo folder >"$concept/groups" || echo source >"$concept/groups"
    done
}

# train SEED ARCHITECTURE NAME DATA RATE SECONDS TITLE: a network of random weights, trained
train() {
    log=models/$3-$1.tsv
    [ "$3-$1" != "study-$first" ] || log=train.tsv
    step $((training * $6 / 1000 + 2)) "models/$3-$1.safetensors" "$7: $training steps, seed $1" \
        nonna-train "models/$2-random-$1.safetensors" --data "$4" --steps "$training" --batch 96 --rate "$5" --seed "$1" \
        --checkpoint "models/checkpoints-$3-$1" --resume --log "$log" -o "models/$3-$1.safetensors"
}

random() {    # random SEED ARCHITECTURE
    step 4 "models/$2-random-$1.safetensors" "random weights: $2, seed $1" \
        nonna-init "$2" --seed "$1" --whiten-from train.tar -o "models/$2-random-$1.safetensors"
}

# score FILE MODEL [OPTION]...: every neuron of a model, chosen on one half, scored on the other
score() {
    table=$at/$1 model=$2
    shift 2
    step 2 "$table" "$concept: ${table##*/}, seed $seed" \
        nonna-sweep "models/$model-$seed.safetensors" "$concept/test.tar" --held-out -o "$table" "$@"
}

pipeline() {
    # What is learned from, unlabelled: as it is, at the network's size, and larger for filters to be cut from.
    set --
    if [ -s unlabelled-crop.txt ]; then
        step 5 cropped.tar "pictures to be cropped" \
            nonna-dataset pack --root "$data" --files-from unlabelled-crop.txt --crop "$pixels" -o cropped.tar
        set -- cropped.tar
    fi
    step 10 all.tar "all pictures to learn from" \
        nonna-dataset pack "$@" --root "$data" --files-from unlabelled-rest.txt -o all.tar
    step 10 train.tar "at the network's size" nonna-dataset pack all.tar --size $side -o train.tar
    step 10 larger.tar "half as large again" nonna-dataset pack all.tar --size $larger -o larger.tar
    step 1 train-pictures.png "a look at what is learned from" \
        nonna-dataset sheet train.tar --count 200 --columns 20 --tile 48 -o train-pictures.png

    # The test of each concept: its positives and negatives, in halves that share nobody.
    for concept in $concepts; do
        for kind in positives negatives; do
            set --
            if [ "$(wc -l <"$concept/$kind-crop.tsv")" -gt 1 ]; then
                step 1 "$concept/$kind-cropped.tar" "$concept: $kind to be cropped" \
                    nonna-dataset pack --root "$data" --labels-from "$concept/$kind-crop.tsv" --crop "$pixels" \
                    --size $side -o "$concept/$kind-cropped.tar"
                set -- "$concept/$kind-cropped.tar"
            fi
            [ "$(wc -l <"$concept/$kind-rest.tsv")" -le 1 ] || set -- "$@" --root "$data" --labels-from "$concept/$kind-rest.tsv"
            step 2 "$concept/$kind.tar" "$concept: $kind" \
                nonna-dataset pack "$@" --size $side -o "$concept/$kind.tar"
        done
        step 2 "$concept/test.tar" "$concept: the test" \
            nonna-dataset testset --positives "$concept/positives.tar" --negatives "$concept/negatives.tar" \
            --split-lists "$concept/half" --group-by "$(cat "$concept/groups")" --seed 1 -o "$concept/test.tar"
        step 1 "$concept/test-pictures.png" "$concept: a look at the test" \
            nonna-dataset sheet "$concept/test.tar" --count 200 --columns 20 --tile 48 --labels -o "$concept/test-pictures.png"
    done

    # Faces removed: every picture in which a detector finds one.
    case " "$(echo $concepts)" " in *" faces "*)
        step 180 faceless-all.tar "pictures without a detected face" \
            nonna-dataset faces all.tar --detector face --keep without -o faceless-all.tar
        step 8 faceless.tar "at the network's size" nonna-dataset pack faceless-all.tar --size $side -o faceless.tar ;;
    esac

    # Seed by seed, so that a run that is stopped has whole columns.
    for seed in $(echo "$seeds" | tr , ' '); do
        for architecture in study study-nonorm study-autoencoder3 study-autoencoder6; do random "$seed" $architecture; done
        train "$seed" study study train.tar 0.01 60 "the network"
        train "$seed" study-nonorm nonorm train.tar 0.01 55 "no contrast normalisation"
        train "$seed" study-autoencoder3 autoencoder3 train.tar 0.01 60 "autoencoder of 3 layers"
        train "$seed" study-autoencoder6 autoencoder6 train.tar 0.01 80 "autoencoder of 6 layers"
        case " "$(echo $concepts)" " in *" faces "*)
            train "$seed" study faceless faceless.tar 0.01 60 "the network, faces removed" ;;
        esac
        for concept in $concepts; do
            at=$concept/seed-$seed
            [ "$seed" != "$first" ] || at=$concept
            score sweep-random.tsv study-random
            score sweep-first.tsv study --layer 1.norm
            if [ "$seed" = "$first" ]; then
                score sweep-top.tsv study --best-responses "$at/best-responses.tsv"
            else
                score sweep-top.tsv study
            fi
            score sweep-nonorm.tsv nonorm
            score sweep-autoencoder3.tsv autoencoder3
            score sweep-autoencoder6.tsv autoencoder6
            [ "$concept" != faces ] || score sweep-faceless.tsv faceless
            step $((filters / 2500 + 1)) "$at/sweep-linear.tsv" "$concept: $filters linear filters, seed $seed" \
                nonna-baseline linear "$concept/test.tar" --data larger.tar --filters "$filters" --seed "$seed" \
                --held-out -o "$at/sweep-linear.tsv"
            # Centroids know nothing of the concept: they are fitted once a seed.
            set -- --model "models/kmeans-$seed.safetensors"
            seconds=3
            if [ "$concept" = "$first_concept" ]; then
                set -- --data train.tar --side 40 --centroids "$centroids" --iterations 20 \
                    --save "models/kmeans-$seed.safetensors" --resume
                seconds=30
            fi
            step $seconds "$at/sweep-kmeans.tsv" "$concept: $centroids centroids, seed $seed" \
                nonna-baseline kmeans "$concept/test.tar" "$@" --seed "$seed" --held-out -o "$at/sweep-kmeans.tsv"
        done
    done

    # What the best neuron of each concept likes, and what leaves it cold.
    step 1 filters.png "filters of the first stage" \
        nonna-stimulus filters "models/study-$first.safetensors" --stage 1 --grid 4 -o filters.png
    step 30 layer.png "optimal stimuli all over the top" \
        nonna-stimulus optimal "models/study-$first.safetensors" --layer top --neurons 48 --starts 2 --data train.tar \
        --seed 1 -o layer.png
    for concept in $concepts; do
        model=models/study-$first.safetensors neuron=$(best "$concept/sweep-top.tsv")
        step 3 "$concept/optimal.png" "$concept: the best neuron's optimal stimulus" \
            nonna-stimulus optimal "$model" --neuron "$neuron" --data "$concept/test.tar" --seed 1 -o "$concept/optimal.png"
        step 2 "$concept/top.png" "$concept: the pictures it responds to most, and least" \
            nonna-stimulus top "$model" --neuron "$neuron" --data "$concept/test.tar" --count 48 \
            --tsv "$concept/top.tsv" --weakest "$concept/weakest.png" -o "$concept/top.png"
        # Moved as they were taken, so that what comes into sight is real.
        step 2 "$concept/originals.tar" "$concept: positives as they were taken" \
            nonna-dataset pack --root "$data" --labels-from "$concept/positives.tsv" -o "$concept/originals.tar"
        set --
        [ "$(wc -l <"$concept/positives-crop.tsv")" -le 1 ] || set -- --crop "$pixels"
        step 5 "$concept/invariance.tsv" "$concept: moved, scaled, turned" \
            nonna-invariance "$model" --neuron "$neuron" --sweep "$concept/sweep-top.tsv" "$concept/originals.tar" "$@" \
            --count 10 --sheet "$concept/invariance.png" -o "$concept/invariance.tsv"
    done
}

run_of() { [ ! -e "$2" ] || printf '%s\t%s\t%s\t%s\n' "$concept" "$1" "$seed" "$2"; }    # run_of METHOD TABLE

results() {
    {
        printf 'concept\tmethod\tseed\tsweep\n'
        for concept in $concepts; do
            for seed in $(echo "$seeds" | tr , ' '); do
                at=$concept/seed-$seed
                [ "$seed" != "$first" ] || at=$concept
                run_of guess "$at/sweep-random.tsv"
                run_of "random weights" "$at/sweep-random.tsv"
                run_of "best linear filter" "$at/sweep-linear.tsv"
                run_of "best first-stage neuron" "$at/sweep-first.tsv"
                run_of "best neuron" "$at/sweep-top.tsv"
                run_of "no contrast normalisation" "$at/sweep-nonorm.tsv"
                run_of "autoencoder of 3 layers" "$at/sweep-autoencoder3.tsv"
                run_of "autoencoder of 6 layers" "$at/sweep-autoencoder6.tsv"
                run_of "K-means" "$at/sweep-kmeans.tsv"
                run_of "faces removed from training" "$at/sweep-faceless.tsv"
            done
        done
    } | nonna-compare -q - --runs table1-runs.tsv --paper "$share/reproduce/paper.tsv" -o table1.tsv
    ran table1.tsv --table1 "$study" --data "$data" ${crop:+--crop "$crop"} --steps "$training" --seeds "$seeds" \
        --filters "$filters" --centroids "$centroids"
}
