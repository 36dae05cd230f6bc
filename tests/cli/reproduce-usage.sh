# The pipeline's script: what it is not asked to do it refuses, before and without touching anything.
nonna-reproduce --help | awk 'length($0) > 80 || NR > 24 { print "too long: " $0 } { ++n } END { print (n > 5 ? "help" : "no help") }'
[ "$(nonna-reproduce --version)" = "$(nonna-train --version | sed s/train/reproduce/)" ] || echo "another version"
nonna-reproduce --no-such-option; echo "status $?"
nonna-reproduce --data; echo "status $?"
nonna-reproduce --steps many; echo "status $?"
nonna-reproduce --data=missing --out out; echo "status $?"
[ ! -e out ] || echo "touched"
mkdir empty
nonna-reproduce --data empty --out out 2>&1 | sed "s,$PWD,HERE,"
