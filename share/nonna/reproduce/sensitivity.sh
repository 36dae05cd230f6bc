# The paper's appendix: how the best neuron's accuracy depends on the size of the receptive fields and on the number of
# maps. Read by nonna-reproduce(1). One setting is changed at a time, from those of `study`: every stage's number of
# maps, or every stage's field by as much as the first one's.
#
# STUDY/unlabelled.txt has a picture's path a line; the concept is faces where there is a faces.tsv, else the first.
# sensitivity-runs.tsv has a line for each network, sensitivity.tsv the means over the seeds.

tools='dataset init train sweep compare report'
lists='unlabelled test settings'
side=48

inputs() {
    [ -s "$study/unlabelled.txt" ] || fail 1 "$study/unlabelled.txt" "not there, or empty"
    cat "$study/unlabelled.txt" >unlabelled.new
    concept=$study/faces.tsv
    [ -s "$concept" ] || for concept in "$study"/*.tsv; do break; done
    [ -s "$concept" ] || fail 1 "$study" "no CONCEPT.tsv in it"
    cat "$concept" >test.new
    concept=${concept##*/} concept=${concept%.tsv}
    echo "sensitivity, steps $training, seeds $seeds, crop $crop, field $fields, maps $maps" >settings.new
}

prepare() {
    prefix=${crop%=*} pixels=${crop##*=}
    [ -n "$crop" ] || prefix=/dev/null
    awk -v p="$prefix" 'index($0, p) == 1' unlabelled.list >unlabelled-crop.txt
    awk -v p="$prefix" 'index($0, p) != 1' unlabelled.list >unlabelled-rest.txt
    awk -F '\t' -v p="$prefix" 'NR == 1 || index($1, p) == 1' test.list >test-crop.tsv
    awk -F '\t' -v p="$prefix" 'NR == 1 || index($1, p) != 1' test.list >test-rest.tsv
    # A network for each setting: study with all its stages' fields, or maps, replaced.
    mkdir -p networks
    conf=$share/architectures/study.conf
    base_field=$(sed -n 's/^field = //p' "$conf" | head -n 1)
    base_maps=$(sed -n 's/^maps = //p' "$conf" | head -n 1)
    for value in $(echo "$fields" | tr , ' '); do
        awk -v by=$((value - base_field)) '/^field = / { $3 += by } { print }' "$conf" >"networks/field-$value.conf"
    done
    for value in $(echo "$maps" | tr , ' '); do
        [ "$value" = "$base_maps" ] && [ -e "networks/field-$base_field.conf" ] && continue    # study itself
        sed "s/^maps = .*/maps = $value/" "$conf" >"networks/maps-$value.conf"
    done
}

settings() { for conf in networks/*.conf; do conf=${conf##*/}; echo "${conf%.conf}"; done | sort -t - -k 1,1 -k 2,2n; }

pipeline() {
    set --
    if [ -s unlabelled-crop.txt ]; then
        step 5 cropped.tar "pictures to be cropped" nonna-dataset pack --root "$data" --files-from unlabelled-crop.txt \
            --crop "$pixels" --size $side -o cropped.tar
        set -- cropped.tar
    fi
    step 10 train.tar "pictures to learn from" \
        nonna-dataset pack "$@" --root "$data" --files-from unlabelled-rest.txt --size $side -o train.tar
    set --
    if [ "$(wc -l <test-crop.tsv)" -gt 1 ]; then
        step 2 test-cropped.tar "pictures of the test to be cropped" nonna-dataset pack --root "$data" \
            --labels-from test-crop.tsv --crop "$pixels" --size $side -o test-cropped.tar
        set -- test-cropped.tar
    fi
    step 3 test.tar "the test of $concept" \
        nonna-dataset pack "$@" --root "$data" --labels-from test-rest.tsv --size $side -o test.tar
    for seed in $(echo "$seeds" | tr , ' '); do
        for setting in $(settings); do
            step 4 "networks/$setting-random-$seed.safetensors" "random weights: $setting, seed $seed" \
                nonna-init "networks/$setting.conf" --seed "$seed" --whiten-from train.tar \
                -o "networks/$setting-random-$seed.safetensors"
            step $((training * 60 / 1000 + 2)) "networks/$setting-$seed.safetensors" "training: $setting, seed $seed" \
                nonna-train "networks/$setting-random-$seed.safetensors" --data train.tar --steps "$training" --batch 96 \
                --rate 0.01 --seed "$seed" --checkpoint "networks/checkpoints-$setting-$seed" --resume \
                -o "networks/$setting-$seed.safetensors"
            step 2 "networks/$setting-$seed.tsv" "$concept: $setting, seed $seed" \
                nonna-sweep "networks/$setting-$seed.safetensors" test.tar --held-out -o "networks/$setting-$seed.tsv"
        done
    done
}

results() {
    # The paper's numbers of maps stand beside ours, its fields beside the same fields; its own network beside none.
    sed "s/^base	/$base_field	/" "$share/reproduce/paper-sensitivity.tsv" >paper.new
    {
        printf 'field\tmaps\tseed\tsweep\n'
        for seed in $(echo "$seeds" | tr , ' '); do
            for setting in $(settings); do
                case $setting in
                field-*) field=${setting#field-} map=$base_maps ;;
                *) field=$base_field map=${setting#maps-} ;;
                esac
                printf '%s\t%s\t%s\t%s\n' "$field" "$map" "$seed" "networks/$setting-$seed.tsv"
            done
        done
    } | nonna-compare -q - --runs sensitivity-runs.tsv --paper paper.new -o sensitivity.tsv
    rm paper.new
    ran sensitivity.tsv --sensitivity "$study" ${fields:+"field=$fields"} ${maps:+"maps=$maps"} --data "$data" \
        ${crop:+--crop "$crop"} --steps "$training" --seeds "$seeds"
}
