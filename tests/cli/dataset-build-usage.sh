# What build, merge and remove refuse, and how.
try() {
    nonna-dataset "$@"
    echo "status $?"
}
printf 'P5 2 2 255\nabcd' >a.pgm
try build set
try build set a.pgm --part 3/3
try build set a.pgm --part x
try build set a.pgm --retry no_such_code
try build set missing.mp4 -q
try build set a.pgm -q
try build set a.pgm --size 100
try build a.pgm a.pgm
mkdir full && : >full/letter
try build full a.pgm
try remove full a.pgm
try remove set
try merge full -o merged
try build other a.pgm --size 64 -q
try merge set other -o merged
ls -d merged 2>/dev/null
# One run at a time.
flock set/lock nonna-dataset build set a.pgm
echo "status $?"
flock set/lock nonna-dataset merge set -o merged
echo "status $?"
# A folder that cannot be written.
try build /proc/none a.pgm
