# Small stand-ins for the files that the examples of manual pages name. inputs_of PAGE makes those of a page in the present
# folder, under set -e; what several pages need is made once, in $pool.
pool=$PWD/pool
mkdir "$pool"

drawn() { ffmpeg -v error -nostdin -f lavfi -i "$@"; }    # drawn SOURCE [OPTION...] FILE

films() {    # two drawn ones and a street with people
    if [ ! -d "$pool/films" ]; then
        mkdir "$pool/films"
        drawn testsrc2=size=320x240:rate=10:duration=4 -c:v mpeg4 "$pool/films/bars.mp4"
        drawn mandelbrot=size=320x240:rate=10 -frames:v 40 -c:v mpeg4 "$pool/films/cat.mp4"
        ffmpeg -v error -nostdin -i "$film" -t 5 -c copy "$pool/street.avi"
    fi
    cp -r "$pool/films" films
    ln -s "$pool/street.avi" street.avi
}
folder() {    # folder NAME SOURCE COUNT: of pictures drawn by ffmpeg
    mkdir -p "$1"
    drawn "$2" -frames:v "$3" -start_number 0 "$1/%04d.jpg"
}
photos() {
    folder photos mandelbrot=size=480x480 6
    drawn testsrc2=size=480x480 -frames:v 4 photos/bars-%d.jpg
}
sets() {    # sets SIDE: train.tar, and test.tar with two sorts of pictures
    if [ ! -e "$pool/test-$1.tar" ]; then
        (
            cd "$pool" || exit 1
            folder "smooth-$1" mandelbrot=size=64x64 30
            folder "sharp-$1" testsrc2=size=64x64:rate=3 30
            for sort in smooth sharp; do nonna-dataset pack $sort-$1 --size "$1" --format png -o $sort-$1.tar; done
            nonna-dataset testset --positives smooth-$1.tar --negatives sharp-$1.tar --prior 0.5 -o test-$1.tar
            nonna-dataset pack smooth-$1 sharp-$1 --patches 20 --patch-size 32:64 --size "$1" --format png -o train-$1.tar
        )
    fi
    cp "$pool/test-$1.tar" test.tar
    cp "$pool/train-$1.tar" train.tar
}
tiny() {    # random.safetensors and model.safetensors, two stages
    sets 16
    nonna-init tiny --seed 1 --whiten-from train.tar -o random.safetensors
    cp random.safetensors model.safetensors
}
three_stages() {    # model.safetensors, whose top has 8x8x3 neurons
    cat >three.conf <<'END'
[network]
side = 26
whitening = 3
[stage1]
field = 5
maps = 3
pool = 3
norm = 3
[stage2]
field = 5
maps = 3
pool = 3
norm = 3
[stage3]
field = 5
maps = 3
pool = 3
norm = 3
END
    sets 26
    nonna-init three.conf --seed 1 --whiten-from train.tar -o model.safetensors
}

inputs_of() {
    case $1 in
    nonna.1) films ;;
    nonna-baseline.1)
        sets 48
        cp test.tar faces.tar
        cp test.tar cats.tar
        folder pictures mandelbrot=size=96x96 300
        drawn testsrc2=size=96x96:rate=2 -frames:v 300 pictures/bars-%d.jpg
        ;;
    nonna-dataset.1)
        photos
        films
        ;;
    nonna-dataset-build.1)
        films
        ls films/*.mp4 >films.list
        mkdir sets parts
        # Three of the four parts; the example makes the first.
        for i in 1 2 3; do nonna-dataset build parts/$i --files-from films.list --near-dup 4 --part $i/4; done
        SLURM_ARRAY_TASK_ID=0
        export SLURM_ARRAY_TASK_ID
        ;;
    nonna-dataset-pack.1)
        photos
        cp -r photos faces
        mkdir pets
        cp photos/0000.jpg pets/a.jpg
        cp photos/bars-1.jpg pets/b.jpg
        mkdir -p animals/cats animals/dogs
        cp photos/0000.jpg animals/cats
        cp photos/bars-1.jpg animals/dogs
        ;;
    nonna-dataset-split.1)
        mkdir -p animals/cats animals/dogs
        drawn mandelbrot=size=64x64 -frames:v 6 animals/cats/%d.jpg
        drawn testsrc2=size=64x64 -frames:v 6 animals/dogs/%d.jpg
        mkdir films
        cp -r animals/cats films/bars
        cp -r animals/dogs films/street
        nonna-dataset pack films -o frames.tar
        ;;
    nonna-dataset-faces.1)
        photos
        mkdir faces    # one of them with a face that lbp is sure of
        ffmpeg -v error -nostdin -i "${film%/*}/messi5.jpg" -vf scale=1300:-1 faces/one.jpg
        cp photos/0000.jpg faces
        ;;
    nonna-dataset-testset.1)
        films
        nonna-frames street.avi -o frames.tar --size 0 --per-video 100
        nonna-dataset faces frames.tar -o people.tar --detector people
        for seed in 1 2 3 4; do
            folder faces/person-$seed gradients=size=100x100:seed=$seed 16
            folder scenes/place-$seed life=size=100x100:random_seed=$seed:ratio=0.2 12
        done
        nonna-dataset pack faces -o faces.tar
        nonna-dataset pack scenes -o scenes.tar
        ;;
    nonna-frames.1) films ;;
    nonna-init.1) sets 48 ;;
    nonna-info.1)
        tiny
        nonna-serve random.safetensors --rendezvous run &
        started=$!    # stopped with the page
        while [ ! -s run/servers-0000-0000-of-0001 ]; do kill -0 $started || return 1; done
        ;;
    nonna-invariance.1)
        three_stages
        folder wide mandelbrot=size=240x240 24
        nonna-dataset pack wide -o faces.tar
        mkdir headpose
        for who in 1 2; do
            for view in 01 02 03 04 05 06 07 08 09 10; do
                drawn "mandelbrot=size=64x64:start_scale=0.$who$view" -frames:v 1 headpose/$who-$view.jpg
            done
        done
        ;;
    nonna-report.1)
        tiny
        mkdir out
        ;;
    nonna-respond.1) three_stages ;;
    nonna-stimulus.1)
        three_stages
        mkdir pictures
        cp "$pool"/smooth-26/*.jpg pictures
        nonna-sweep model.safetensors test.tar -o sweep.tsv
        ;;
    nonna-classify.1)
        tiny
        mkdir -p animals/cats animals/dogs
        drawn mandelbrot=size=64x64 -frames:v 12 animals/cats/%d.jpg
        drawn testsrc2=size=64x64 -frames:v 12 animals/dogs/%d.jpg
        cp animals/cats/1.jpg what.jpg
        ;;
    nonna-sweep.1 | nonna-cluster.1 | nonna-train.1) tiny ;;
    nonna-compare.1)
        sets 16
        for seed in 1 2 3; do
            nonna-init tiny --seed $seed -o $seed.safetensors
            nonna-sweep $seed.safetensors test.tar --held-out -o top-$seed.tsv
            nonna-baseline kmeans test.tar --data train.tar --centroids 20 --iterations 3 --batch 50 --seed $seed \
                --held-out -o kmeans-$seed.tsv
        done
        ;;
    nonna-serve.1)
        tiny
        cp random.safetensors m.safetensors
        ;;
    nonna-images.5)
        drawn testsrc2=size=320x240 -frames:v 1 cat.jpg
        mkdir folder
        sum=$(sha256sum <cat.jpg | cut -c 1-64)
        key=$(echo "$sum" | cut -c 1-16)
        cp cat.jpg "folder/$key.jpg"
        printf '{"source": "cat.jpg", "sha256": "%s", "width": 320, "height": 240, "label": "cat"}' "$sum" >"folder/$key.json"
        ;;
    nonna-reproduce.1 | nonna-protocol.7 | nonna-metrics.7) ;;
    *)
        echo "nothing is known of its examples: see tests/cli/include/example-inputs.sh"
        return 1
        ;;
    esac
}
