# What train.sh and build.sh of share/nonna/slurm ask of Slurm, and what a task does when it is started again and again,
# with stand-ins for sbatch, scancel and scontrol that say how they were called.
. "$SOURCE/tests/cli/include/servers.sh"
share=$SOURCE/share/nonna/slurm
mkdir bin 'a folder'
cat >bin/sbatch <<'END'
#!/bin/sh
for word; do case $word in *settings*) settings=$word ;; *) printf ' [%s]' "${word##*/}" >&2 ;; esac; done
echo >&2
[ ! -e ../refuse ] || case $* in *replicas.sbatch*) echo 'sbatch: error: no such account' >&2; exit 1 ;; esac
case $* in *servers.sbatch*) echo 11 ;; *replicas.sbatch* | *build.sbatch*) echo '12;cluster' ;; *) echo 13 ;; esac
echo "$settings" >settings
END
for name in scontrol scancel; do printf '#!/bin/sh\necho "%s $*"\n' $name >bin/$name; done
chmod +x bin/*
PATH=$PWD/bin:$PATH
mv data.tar 'a folder/the data.tar'

"$share/train.sh" a.safetensors 'a folder/the data.tar' 'a folder/run' --shards 2 --replicas 3 --steps 7 --token a.safetensors \
    --train '--batch=10' --sbatch --account=vision --sbatch-replicas --cpus-per-task=8 2>&1 | sed "s,$PWD,HERE,"
"$share/build.sh" /dev/null 'a folder/set' 4 --sbatch-merge --mem=8G 2>&1 | sed "s,$PWD,HERE,"
echo "refused midway, what was submitted goes again:"
touch 'a folder/refuse'
"$share/train.sh" a.safetensors 'a folder/the data.tar' 'a folder/run' 2>&1 && echo "no status"
rm 'a folder/refuse'
for wrong in "a.safetensors none run" "a.safetensors a.safetensors run --shards 0" "a.safetensors a.safetensors run --steps" \
    "a.safetensors a.safetensors run --tiles 2x2" "--shards 2"; do
    # shellcheck disable=SC2086
    "$share/train.sh" $wrong 2>&1 | head -n 2
done

# A replica whose servers stay away asks to be started again, until nothing came of that for the third time.

task() { (cd 'a folder/run' && SLURM_ARRAY_JOB_ID=12 SLURM_ARRAY_TASK_ID=1 SLURM_JOB_ID=12 SLURMD_NODENAME=n1 bash "$share/$1.sbatch" "$2" 11 2>&1) | grep -v '^nonna-train' | sed 's/^[0-9T:Z-]* //'; }
"$share/train.sh" a.safetensors 'a folder/the data.tar' 'a folder/run' --replicas 2 --train --patience=0.1 --most-restarts 2 >/dev/null 2>&1
settings=$(cat 'a folder/run/settings')
for start in 0 1 2 3; do
    export SLURM_RESTART_COUNT=$start
    task replicas "$settings"
done
# A newer checkpoint is progress.
mkdir -p 'a folder/run/checkpoints/1'
: >'a folder/run/checkpoints/1/step-000000005.safetensors'
task replicas "$settings" | head -n 1 | sed 's/with .*/with a status/'
# Not all replicas came to a good end: no model, and the servers end.
export SLURM_RESTART_COUNT=0
mkdir -p "a folder/run/ended/${settings##*.}"
: >"a folder/run/ended/${settings##*.}/replica-0"
task model "$settings"
# A server that is started again after that does not stay.
task servers "$settings"
