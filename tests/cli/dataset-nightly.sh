# The crontab and the systemd units of share/, run as they are written: the variables they set are changed to folders of
# this test, and, after a first night that leaves films alone because they were just written, their --min-age.
mkdir films
for film in a b; do
    {
        echo 'YUV4MPEG2 W4 H2 F10:1 Ip A1:1 C444'
        for level in A B C; do printf 'FRAME\n%s' "$film$level$level$film$level$level$level${level}PPPPPPPPPPPPPPPP"; done
    } >films/$film.y4m
done

# cron: lines NAME=value, then five fields of time and a command for sh.
FILMS=$PWD/films SET=$PWD/cron
export FILMS SET
for name in PATH FILMS SET; do grep -q "^$name=/" "$SOURCE/share/cron/nonna-dataset" || echo "the crontab does not set $name"; done
sed -n 's/^[0-9*]* [0-9*]* [0-9*]* [0-9*]* [0-9*]* //p' "$SOURCE/share/cron/nonna-dataset" >commands
wc -l <commands
/bin/sh -c "$(head -n 1 commands)"
echo "just written: status $?, $(cat cron/manifest.jsonl 2>/dev/null | wc -l) units"
grep -q -e '--min-age 60 ' commands || echo 'the crontab does not leave young films alone'
sed -i 's/--min-age 60/--min-age 0/' commands
for night in 1 2; do
    while read -r command; do
        /bin/sh -c "$command"
        echo "night $night, ${command%% \"*}: status $?"
    done <commands
done
wc -l <cron/manifest.jsonl

# systemd: ExecStart is split into words, ${NAME} is one word.
unit=$SOURCE/share/systemd/nonna-dataset.service
grep -q '^Environment=FILMS=/.* SET=/.* OPTIONS=$' $unit || echo 'the service does not set FILMS, SET and OPTIONS'
SET=$PWD/systemd
set -- $(sed -n 's/^ExecStart=//p' $unit | sed "s|\${FILMS}|$FILMS|; s|\${SET}|$SET|; s/--min-age 60/--min-age 0/; s|\$OPTIONS|--textfile films.prom|")
"$@"
echo "service: status $?"
wc -l <systemd/manifest.jsonl
cmp cron/shards/000000.tar systemd/shards/000000.tar
sed -n "s|^nonna_dataset_\(.*\){set=\"$SET\",\(.*\)}|\1 \2|p" films.prom
# Where systemd is installed it has its say as well.
if command -v systemd-analyze >/dev/null; then
    mkdir units
    program=$(command -v nonna-dataset)
    for file in "$SOURCE"/share/systemd/*; do sed "s|^ExecStart=nonna-dataset|ExecStart=$program|" "$file" >units/"${file##*/}"; done
    systemd-analyze verify --man=no units/nonna-dataset.service units/nonna-dataset.timer 2>&1 | grep nonna-dataset
    systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' units/nonna-dataset.timer)" >/dev/null || echo 'no time that systemd reads'
fi
exit 0
