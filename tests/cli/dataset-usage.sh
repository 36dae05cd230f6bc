# Wrong usage touches nothing and ends with 2; a missing file is 1.
try() {
    nonna-dataset "$@"
    echo "status $?"
}
try
try pack -o o.tar
try pack x --patches 3 -o o.tar
try pack x --patches 3 --patch-size 9:3 -o o.tar
try pack x --crop 2.5 -o o.tar
try pack x --label a --labels-from b -o o.tar
try faces missing.tar -o o.tar
try faces x.tar --detector nobody -o o.tar
try testset -o o.tar
try testset --positives a.tar -o o.tar
try testset --positives a.tar --negatives b.tar --from-boxes c.tar -o o.tar
try testset --positives a.tar --negatives b.tar -o o.tar
try sheet missing.tar -o o.png
ls
