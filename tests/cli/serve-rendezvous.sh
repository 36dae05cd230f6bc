# nonna-serve, nonna-train, nonna-info and the folder of addresses: one server a shard, whoever else writes there.
. "$SOURCE/tests/cli/include/servers.sh"
# Of a message: addresses are URL.
said() { sed 's#tcp://[0-9.]*:[0-9]*#URL#g; s#ipc://[^ ,;:]*#SOCKET#g' "$@"; }
second() { # WHAT OPTION...: a server that is not the first
    what=$1
    shift
    timeout 20 nonna-serve a.safetensors --rendezvous found "$@" 2>err
    echo "$what: $?"
    said err
}

serve s --shard 0/2 --rendezvous found
address=$(cat found/*)
second "the same shard" --shard 0/2
second "with snapshots of its own" --shard 0/2 --snapshot mine --listen "ipc://$PWD/other"
second "both shards" --shard 0-1/2
second "another cut" --shard 0/3
kill -STOP "$(cat s.pid)"
second "while the first hangs" --shard 0/2
kill -CONT "$(cat s.pid)"
[ "$(cat found/*)" = "$address" ] && ls found mine 2>/dev/null

# What is missing is named.
nonna-info --rendezvous found >table
echo "a shard is missing: $?"
said table | sed '/^0/s/ .*/ .../'
nonna-info --rendezvous found --json | tail -1
nonna-info --rendezvous found --pull x --model a.safetensors --deadline 0.3
echo "nor can it be written: $?"
serve t --shard 1/2 --rendezvous found
nonna-info --rendezvous found >table
echo "it is there: $?"

# Things that others have left there hold nobody up.
mkfifo found/servers-0000-0001-of-0002
ln -s "$PWD/a.safetensors" found/servers-0003-0003-of-0004
echo x >found/servers-0009-0009-of-0010
echo x >found/readme
timeout 20 nonna-train -q a.safetensors --data data.tar --batch 10 --steps 5 --rendezvous found --patience 10
echo "trained: $?"
timeout 20 nonna-info --rendezvous found 2>err >table
echo "asked: $?"
cat err
rm found/servers-0000-0001-of-0002 found/servers-0003-0003-of-0004 found/servers-0009-0009-of-0010 found/readme

# Whoever was killed is replaced, and what is in the way without being a server's file is never written through.
killed s
nonna-info --rendezvous found --deadline 0.3 >table
echo "killed: $?"
said table | grep nobody | tr -s ' '
serve s --shard 0/2 --rendezvous found
echo precious >precious
killed t
rm found/servers-0001*
ln -s "$PWD/precious" found/servers-0001-0001-of-0002
serve t --shard 1/2 --rendezvous found
sed -n 's/; replaced.*/; .../p' t.err
cat precious
stop t
# an address that is another's by now stays
echo tcp://127.0.0.1:1 >other
mv other found/servers-0000-0000-of-0002
stop s
ls found
exit 0
