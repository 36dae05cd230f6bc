# The paper's appendix, and what else a researcher turns: how the best neuron depends on the size of the receptive
# fields, the number of maps, the weight of the sparsity, the windows of the normalisation, the rate; and on what the
# paper thought decisive: the number of pictures and their side. Read by nonna-reproduce(1). One setting is changed at a
# time, from those of the network: every stage's number of maps; every stage's field or window by as much as the first
# one's; every stage's lambda by the factor of the first one's; the rate of training; the side of the squares that are
# learned from and tested with; or the share of the pictures, every 1/share-th of them, for as many steps.
#
# The concept is faces where there is a faces.tsv, else the first. Neuron and threshold are chosen on parts a and c of
# the test and scored on part b, so that what is chosen here has never seen the part that table1 is scored on.
# sensitivity-runs.tsv has a line for each network, sensitivity.tsv the means over the seeds.

tools='dataset init train sweep compare report'
lists='unlabelled concepts mixture tests settings'
. "$share/reproduce/study.sh"

inputs() {
    study_inputs
    # Neither seeds nor settings: each network has files of its own, so that more of them go on in the same folder.
    echo "sensitivity, network $arch${optimizer:+, optimizer $optimizer}${rate:+, rate $rate}, steps $training" >settings.new
}

prepare() {
    study_prepare
    concept=$(echo "$concepts" | grep -x faces || echo "$concepts" | head -n 1)
    conf=$arch
    [ -e "$conf" ] || conf=$share/architectures/$arch.conf
    [ -r "$conf" ] || fail 1 "$arch" "no such architecture"
    mkdir -p networks
    # A network for each setting: NAME-VALUE.conf
    for setting in $settings; do
        key=${setting%%=*}
        for value in $(echo "${setting#*=}" | tr , ' '); do
            # The rate and the pictures are not the network's but of its training.
            awk -v key="$key" -v value="$value" '
                $1 == key && $2 == "=" && key != "rate" {
                    if (!found++) base = $3 + 0
                    if (key == "maps" || key == "side") $3 = value
                    else if (key == "lambda") $3 = $3 / base * value
                    else $3 += value - base
                }
                { print }
                END { exit key != "rate" && key != "pictures" && !found }' "$conf" >"networks/$key-$value.conf" ||
                fail 1 "$arch" "has no '$key' that could be set"
        done
    done
}

each_setting() {
    for setting in $settings; do
        for value in $(echo "${setting#*=}" | tr , ' '); do echo "${setting%%=*}-$value"; done
    done
}

rate_of() {    # rate_of SETTING: the setting's own, or what was given for all
    case $1 in
    rate-*) echo "--rate ${1#rate-}" ;;
    *) [ -z "$rate" ] || echo "--rate $rate" ;;
    esac
}

squares_of() {    # squares_of SETTING: the folder of the sets that it learns from
    case $1 in
    side-"$side" | pictures-1) echo squares ;;
    side-* | pictures-*) echo "$1" ;;
    *) echo squares ;;
    esac
}
test_of() {    # test_of SETTING: the test's name
    case $1 in
    side-"$side") echo test ;;
    side-*) echo "test-$1" ;;
    *) echo test ;;
    esac
}

# The sets and the test of a setting that has its own.
sets_of() {
    folder=$(squares_of "$1")
    [ "$folder" != squares ] || return 0
    mkdir -p "$folder"
    case $1 in
    side-*)
        study_squares "$folder" "${1#side-}"
        base=$side side=${1#side-}
        study_test "$concept" "test-$1" grey
        side=$base ;;
    *)
        for set in $sets; do
            awk -v share="${1#pictures-}" 'int(NR * share) > int((NR - 1) * share)' "originals/$set.list" >"$folder/$set.list"
            [ -s "$folder/$set.list" ] || fail 1 "$1" "of the pictures of $set none is left"
            step 5 "$folder/$set.tar" "squares of $set, ${1#pictures-} of the pictures" nonna-dataset pack --root "$data" \
                --files-from "$folder/$set.list" --crop "$(set_field "$set" 3)" --patches "$(set_field "$set" 4)" \
                --patch-size "$(set_field "$set" 5)" --size $side --decode whole --seed 1 -o "$folder/$set.tar"
            # A set keeps its weight: the lists are of no more use, and mixture() would take them for what is left of it.
            [ ! -e "$folder/$set.tar" ] || rm "$folder/$set.list"
        done ;;
    esac
}

pipeline() {
    study_sets
    study_originals "$concept"
    study_test "$concept" test grey
    for setting in $(each_setting); do sets_of "$setting"; done
    for seed in $(echo "$seeds" | tr , ' '); do
        for setting in $(each_setting); do
            name=networks/$setting from=$(squares_of "$setting")
            step 5 "$name-random-$seed.safetensors" "random weights: $setting, seed $seed" \
                nonna-init "$name.conf" --seed "$seed" --whiten-from "$from/$heaviest.tar" \
                -o "$name-random-$seed.safetensors"
            step $((training * 65 / 600 + 2)) "$name-$seed.safetensors" "training: $setting, seed $seed" \
                nonna-train "$name-random-$seed.safetensors" $(mixture "$from") --steps "$training" --batch 96 \
                --precision bf16 --seed "$seed" ${optimizer:+--optimizer "$optimizer"} $(rate_of "$setting") \
                --checkpoint "networks/checkpoints-$setting-$seed" --resume -o "$name-$seed.safetensors"
            step 4 "$name-$seed.tsv" "$concept: $setting, seed $seed" nonna-sweep "$name-$seed.safetensors" \
                "$concept/$(test_of "$setting").tar" --held-out --parts a+c:b --choose auc -o "$name-$seed.tsv"
        done
    done
}

results() {
    {
        printf 'setting\tvalue\tseed\tsweep\n'
        for seed in $(echo "$seeds" | tr , ' '); do
            for setting in $(each_setting); do
                printf '%s\t%s\t%s\t%s\n' "${setting%%-*}" "${setting#*-}" "$seed" "networks/$setting-$seed.tsv"
            done
        done
    } | nonna-compare -q - --runs sensitivity-runs.tsv --paper "$share/reproduce/paper-sensitivity.tsv" -o sensitivity.tsv
    ran sensitivity.tsv --sensitivity "$study" $settings --data "$data" --steps "$training" --seeds "$seeds" \
        --arch "$arch" ${rate:+--rate "$rate"} ${optimizer:+--optimizer "$optimizer"}
}
