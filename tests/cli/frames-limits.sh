# A video over a limit costs itself alone and is named with its code; the others give their frames, the same for any -j.
video() {    # video NAME WIDTH HEIGHT FRAMES: grey, uncompressed
    printf 'YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C444\n' "$2" "$3"
    frame=$(($2 * $3 * 3))
    i=0
    while [ $i -lt "$4" ]; do
        echo FRAME
        head -c $frame /dev/zero | tr '\0' "$((i % 8))"
        i=$((i + 1))
    done
}
video small 16 16 4 >small.y4m
video other 20 16 4 >other.y4m
video long 640 480 60 >long.y4m
{ printf 'YUV4MPEG2 W12000 H12000 F10:1 Ip A1:1 C444\nFRAME\n'; head -c 100000 /dev/zero; } >bomb.y4m

for jobs in 1 4; do
    nonna-frames small.y4m bomb.y4m other.y4m -o $jobs.tar -j $jobs 2>$jobs.err
    echo "status $?"
done
cat 1.err
cmp 1.tar 4.tar && cmp 1.err 4.err && tar tf 1.tar | grep -c jpg
nonna-frames small.y4m other.y4m -o pixels.tar --max-pixels 256
echo "pixels: $?"
nonna-frames long.y4m -o cpu.tar --size 0 --per-video 60 --max-cpu 0.01
echo "cpu: $?"
nonna-frames long.y4m -o time.tar --max-time 0.001
echo "time: $?"
[ -e time.tar ] || [ -e cpu.tar ] && echo "something written"
# The address sanitizer's memory cannot be limited.
if grep -q -e __asan_init -e __tsan_init "$(command -v nonna-frames)"; then
    echo 'nonna-frames: long.y4m: needs more than 16 MiB of memory [out_of_memory], skipped'
else
    nonna-frames small.y4m long.y4m -o memory.tar --size 0 --per-video 60 --max-memory 16 2>&1 | grep -v 'of 60 frames'
fi
nonna-frames small.y4m -o none.tar --max-memory 0 --max-cpu 0 --max-time 0
echo "no limits: $?"
