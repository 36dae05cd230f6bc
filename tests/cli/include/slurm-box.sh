# A Slurm of the test's own on loopback: slurmctld and two slurmd in one folder, without root, munge or a fixed port, ended
# by their process ids: box_start FOLDER NODES CPUS, and box_stop, which the script that reads this calls at its end.
PATH=$PATH:/usr/sbin:/sbin
export PATH
for needed in slurmctld slurmd sbatch scontrol; do
    command -v $needed >/dev/null || { echo "skipped: no Slurm here (package slurm-wlm)"; exit 77; }
done

box_daemons=
# N ports that are free now; bound together, so that they differ
free_ports() {
    /usr/bin/python3 -c 'import socket, sys
bound = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in bound: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in bound])' "$1"
}

# A requeued job is held back for cred_expire, two minutes otherwise, and then until the next turn of the scheduler.
box_start() {
    box=$1 box_nodes=$2
    mkdir -p "$box/state" "$box/spool" "$box/log"
    ports=$(free_ports $((box_nodes + 1)))
    me=$(id -un) here=$(hostname -s)
    {
        cat <<END
ClusterName=box
SlurmctldHost=$here(127.0.0.1)
SlurmctldPort=${ports%% *}
SlurmUser=$me
SlurmdUser=$me
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0,sched_interval=1,bf_interval=1
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
PriorityType=priority/basic
ReturnToService=2
SlurmdParameters=config_overrides
KillWait=30
MessageTimeout=30
SlurmctldTimeout=30
SlurmdTimeout=${box_lost_after:-60}
StateSaveLocation=$box/state
SlurmdSpoolDir=$box/spool/%n
SlurmctldPidFile=$box/slurmctld.pid
SlurmdPidFile=$box/slurmd-%n.pid
SlurmctldLogFile=$box/log/slurmctld.log
SlurmdLogFile=$box/log/slurmd-%n.log
END
        node=0
        for port in ${ports#* }; do
            node=$((node + 1))
            echo "NodeName=n$node NodeHostname=$here NodeAddr=127.0.0.1 Port=$port CPUs=$3 State=UNKNOWN"
        done
        echo "PartitionName=all Nodes=n[1-$box_nodes] Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO"
    } >"$box/slurm.conf"
    echo 'CgroupPlugin=cgroup/v1' >"$box/cgroup.conf"
    export SLURM_CONF="$box/slurm.conf"
    setpriv --pdeathsig TERM slurmctld -c -D >"$box/log/slurmctld.out" 2>&1 &
    box_daemons=$!
    node=0
    while [ $node -lt "$box_nodes" ]; do
        node=$((node + 1))
        setpriv --pdeathsig TERM slurmd -D -N n$node >"$box/log/slurmd-n$node.out" 2>&1 &
        box_daemons="$box_daemons $!"
    done
    until_true box_ready
}
box_ready() {
    # shellcheck disable=SC2086
    kill -0 $box_daemons && [ "$(sinfo -h -N -t idle -o %N | sort -u | wc -l)" -eq "$box_nodes" ]
}
box_empty() { [ -z "$(squeue -h)" ]; }
box_stop() {
    [ -n "$box_daemons" ] || return 0
    scancel --user="$(id -un)" || :
    tries=0
    until box_empty || [ $tries -gt 400 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    # shellcheck disable=SC2086
    kill -TERM $box_daemons && wait $box_daemons
} >"$box/log/stop" 2>&1
