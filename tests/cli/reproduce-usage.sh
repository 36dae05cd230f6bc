# The pipeline's script: what it is not asked to do it refuses, before and without touching anything.
nonna-reproduce --help | awk 'length($0) > 80 || NR > 24 { print "too long: " $0 } { ++n } END { print (n > 5 ? "help" : "no help") }'
[ "$(nonna-reproduce --version)" = "$(nonna-train --version | sed s/train/reproduce/)" ] || echo "another version"
nonna-reproduce --no-such-option; echo "status $?"
nonna-reproduce --data; echo "status $?"
nonna-reproduce --steps many; echo "status $?"
nonna-reproduce --neurons 0; echo "status $?"
nonna-reproduce --sensitivity empty --data empty maps=3 --neurons 2; echo "status $?"
nonna-reproduce --data=missing --out out; echo "status $?"
[ ! -e out ] || echo "touched"
mkdir empty
nonna-reproduce --data empty --out out 2>&1 | sed "s,$PWD,HERE,"
nonna-reproduce --table1; echo "status $?"
nonna-reproduce --table1 empty; echo "status $?"
nonna-reproduce --table1 empty --data empty --out out 2>&1 | sed "s,$PWD,HERE,"
nonna-reproduce --table1 empty --data empty --sensitivity empty; echo "status $?"
nonna-reproduce --table1 empty --data empty maps=3; echo "status $?"
nonna-reproduce --sensitivity empty --data empty; echo "status $?"
nonna-reproduce --sensitivity empty --data empty maps=3,,4; echo "status $?"
nonna-reproduce --table1 empty --data empty --seeds 1,x; echo "status $?"
nonna-reproduce --table1 empty --data empty --crop faces; echo "status $?"
nonna-reproduce --data empty --centroids 4; echo "status $?"
nonna-reproduce --make-study new --data empty --steps 3; echo "status $?"
nonna-reproduce --make-study new --data empty; echo "status $?"
mkdir empty/unlabelled
nonna-reproduce --make-study new --data empty; echo "status $?"
[ ! -e new ] && [ ! -e new.new ] || echo "something is left"
nonna-reproduce --sensitivity empty --data empty rate=0.1 --rate 0.2; echo "status $?"

# Words of a noted command are quoted where a shell would not take them as they are, and only there.
eval "$(sed -n '/^command_line() /,/^}/p' "$SOURCE/tools/nonna-reproduce")"
command_line nonna-x --neuron 3.norm/6,6,2 --crop faces/=160 a@b:0.5 -o - 50%
command_line 'my films' '' "it's" '$HOME' 'a*' '~' 'x;y' "a'b'"
eval "set -- $(command_line 'my films' '' "it's" '$HOME' 'a*' '~' 'x;y' 'back\slash')"
printf '<%s>' "$@"
echo
