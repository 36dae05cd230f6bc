# nonna itself: the overview, other programs by their short names, manual pages, completions. Silent when all is well.
complain() { echo "$*"; }
here=$PWD
bin=$(dirname "$(command -v nonna)")

# said STATUS TEXT COMMAND...: it ends so, and this is all that it says
said() {
    wanted=$1 text=$2
    shift 2
    "$@" >out 2>&1
    got=$?
    [ $got -eq "$wanted" ] || complain "$*: status $got, not $wanted"
    [ "$(cat out)" = "$text" ] || complain "$*: says '$(cat out)', not '$text'"
}

# The overview has a line for each program, in the program's own words.
nonna >overview || complain "nonna: status $?"
for program in $TOOLS nonna-reproduce; do
    [ "$program" != nonna ] || continue
    line=$($program --help | sed -n '2s/\.$//p')
    grep -qE "^  ${program#nonna-} +$line\$" overview || complain "the overview does not say of $program: $line"
done
[ "$(grep -c '^  [a-z]' overview)" -eq "$(echo $TOOLS | wc -w)" ] || complain "the overview has not one line for each program"
nonna --help | cmp -s - overview || complain "nonna --help is not the overview"

# A place of its own: nonna beside one program, others on the PATH, most of them missing.
mkdir bin elsewhere
cp "$bin/nonna" bin
cat >bin/nonna-probe <<'END'
#!/bin/sh
printf '<%s>' "$@"
case ${1:-} in
status) exit 42 ;;
signal) kill -TERM $$ ;;
stream) cat ;;
esac
END
sed 's/printf .*/echo elsewhere/' bin/nonna-probe >elsewhere/nonna-probe
printf '#!/bin/sh\necho "Usage: nonna-other"\n' >elsewhere/nonna-other
printf '#!/bin/sh\necho "$MANPATH $*"\n' >elsewhere/man
chmod +x bin/* elsewhere/*
ln -s ../bin/nonna elsewhere/link
system=$PATH
PATH=$here/elsewhere:/usr/bin:/bin

said 0 '<a><b  c><--steps><5><--><-x>' bin/nonna probe a 'b  c' --steps 5 -- -x
said 0 '<--version>' elsewhere/link probe --version
said 42 '<status>' bin/nonna probe status
said 0 'Usage: nonna-other' bin/nonna other
bin/nonna probe signal >out 2>&1
[ $? -eq 143 ] || complain "a program's signal does not pass through"
[ "$(echo text | bin/nonna probe stream)" = '<stream>text' ] || complain "standard input does not pass through"
bin/nonna | grep -q '^  [a-z]' && complain "the overview has programs that are not there"
bin/nonna >out || complain "no overview where programs are missing: status $?"

said 2 'nonna: trian: no such program; did you mean train? (nonna --help lists them)' bin/nonna trian --steps 5
said 2 'nonna: stim: no such program; did you mean stimulus? (nonna --help lists them)' bin/nonna stim
said 2 'nonna: hlep: no such program; did you mean help? (nonna --help lists them)' bin/nonna hlep
said 2 'nonna: sorting: no such program (nonna --help lists them)' bin/nonna sorting
said 2 'nonna: ../nonna: no such program (nonna --help lists them)' bin/nonna ../nonna
said 1 'nonna: nonna-train: is not installed here' bin/nonna train
said 2 "nonna: --quiet: belongs after the program's name" bin/nonna -q probe
said 2 'nonna: --trian: unknown option (nonna --help lists them)' bin/nonna --trian probe
printf 'no interpreter' >bin/nonna-broken
chmod +x bin/nonna-broken
said 1 "nonna: $here/bin/nonna-broken: exec format error" bin/nonna broken

# Manual pages: the pages that belong to the program come before others.
unset MANPATH
said 0 "$here/share/man: nonna" bin/nonna help
said 0 "$here/share/man: nonna-train" bin/nonna help train
said 0 "$here/share/man: nonna-dataset-build" bin/nonna help dataset build
said 0 "$here/share/man:/other nonna-model" env MANPATH=/other bin/nonna help model
said 2 'nonna: tarin: no such page; did you mean train? (nonna help shows the page that lists them)' bin/nonna help tarin
mkdir -p share/man/man1
touch share/man/man1/nonna-dataset-build.1
said 2 'nonna: dataset-biuld: no such page; did you mean dataset-build? (nonna help shows the page that lists them)' \
    bin/nonna help dataset biuld
said 2 'nonna: unheard-of: no such page (nonna help shows the page that lists them)' bin/nonna help unheard-of
said 0 "$here/share/man: nonna-dataset-build" bin/nonna help dataset build
rm -r elsewhere/man share
said 1 'nonna: man: is not installed, and is needed to show manual pages' env PATH="$here/elsewhere" bin/nonna help train
PATH=$system
if command -v man >/dev/null; then
    for words in '' train 'dataset merge' images; do
        MANWIDTH=80 nonna help $words 2>&1 | grep -q '^NAME' || complain "nonna help $words shows no page"
    done
fi

# Completions: the programs, then what the program itself completes.
nonna --dump-completion bash >completions
for program in $TOOLS; do [ "$program" = nonna ] || $program --dump-completion bash >>completions; done
completed() {    # completed WANTED WORD...: bash's answers for the last word, cut to the first five
    wanted=$1
    shift
    got=$(bash -c '. ./completions; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _nonna; echo ${COMPREPLY[*]::5}' bash "$@")
    [ "$got" = "$wanted" ] || complain "bash completes '$*' to '$got', not '$wanted'"
}
# The script's own are written by hand: they have every option that its help has, and no other.
cat "$SOURCE/share/completions/nonna-reproduce.bash" >>completions
nonna-reproduce --help | grep -o -e '--[a-z][a-z0-9-]*' | sort -u >options
for shell in bash zsh fish; do
    grep -oE -e "(--|-l )[a-z][a-z0-9-]*" "$SOURCE/share/completions/nonna-reproduce.$shell" | sed 's/-l /--/' | grep -vx -e --list | sort -u |
        cmp -s - options || complain "the $shell completion of nonna-reproduce has other options than its help"
done
if command -v bash >/dev/null; then
    completed 'frames dataset init serve train' nonna ''
    completed train nonna tr
    completed sweep nonna help sw
    completed --version nonna --vers
    completed '--schedule' nonna train model --sch
    completed 'joint' nonna train --schedule j
    completed 'build merge remove pack faces' nonna dataset ''
    completed yunet nonna dataset faces --detector y
    completed '' nonna nothing ''
    completed 'demo paper paper8 study study-autoencoder3' nonna init ''
    completed tiny nonna init --seed 3 t
    completed 'paper paper8' nonna train --plan p
    completed '' nonna train p
    completed study-colour nonna info --count study-c
    completed tiny nonna reproduce --table1 study --arch t
fi
mkdir fish zsh
for program in $TOOLS; do
    $program --dump-completion fish >fish/$program.fish
    $program --dump-completion zsh >zsh/_$program
done
cp "$SOURCE/share/completions/nonna-reproduce.fish" fish
cp "$SOURCE/share/completions/nonna-reproduce.zsh" zsh/_nonna-reproduce
if command -v fish >/dev/null; then
    offers() {    # offers WANTED LINE: fish's first word for it
        got=$(HOME=$here fish -c "set fish_complete_path $here/fish; complete -C '$2'" | head -n 1 | cut -f 1)
        [ "$got" = "$1" ] || complain "fish completes '$2' to '$got', not '$1'"
    }
    offers train 'nonna tr'
    offers sweep 'nonna help sw'
    offers --schedule 'nonna train --sch'
    offers joint 'nonna train --schedule j'
    offers verify 'nonna dataset v'
    offers tiny 'nonna init ti'
    offers paper8 'nonna-train --plan paper8'
    offers tiny 'nonna-reproduce --arch ti'
fi
if command -v zsh >/dev/null; then
    # A terminal in which somebody presses Tab: what is awaited appears, or the test ends by its time limit.
    cat >tab.zsh <<'END'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; bindkey '^I' list-choices; PS1=; print RE''ADY"
zpty -r shell text '*READY*'
zpty -n -w shell "$2"$'\t'
zpty -r shell text "*$3*"
zpty -d shell
END
    for pair in 'nonna tr=train*Train a model' 'nonna help sw=sweep' 'nonna train --sch=--schedule' \
        'nonna train --schedule =greedy*joint' 'nonna dataset v=verify' 'nonna init ti=tiny' 'nonna-train --plan stu=study-colour' \
        'nonna-info --count ti=tiny' 'nonna-reproduce --arch ti=tiny'; do
        timeout 60 zsh -f tab.zsh "$here/zsh" "${pair%%=*}" "${pair#*=}" >said 2>&1 || complain "zsh does not complete '${pair%%=*}': $(cat said)"
    done
fi
