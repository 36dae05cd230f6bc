#!/bin/bash
# Submits a training run to Slurm: parameter servers, replicas, and a last job that writes the servers' values as a model.
#
#   train.sh MODEL DATA RUN [OPTION...]
#
# MODEL is what nonna-init wrote, DATA an image set, RUN a folder that every node sees; the model is RUN/model.safetensors.
# Servers and replicas are tasks of two job arrays, each of which is requeued alone: nonna-scheduling(7). The same command
# again goes on where the run was left.
#
#   --shards S, --replicas R, --steps N     tasks of each sort, and the minibatches of each replica (1, 1, 1000)
#   --listen URL          where a server listens, tls+tcp://%h:0 for one; %h is its node. Without it this machine alone
#   --tls-cert, --tls-ca, --tls-name, --token, --insecure    as nonna-serve(1) has them; %h in --tls-cert is the node
#   --serve OPTION        one more word for nonna-serve: --serve --rate=0.02
#   --train OPTION        one more for nonna-train: --train --batch=96 --train --data=/sets/films:2
#   --sbatch OPTION       one more for every sbatch; --sbatch-servers, --sbatch-replicas for those alone
#   --most-restarts N     starts again without a newer checkpoint before a task gives up (5)
set -euo pipefail
share=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
. "$share/options.sh"
. "$share/submit.sh"
[ $# -ge 3 ] && [ "${1#-}" = "$1" ] || usage
model=$(there "$1")    # a line each: of several the shell looks at the last one's status alone
data=$(there "$2")
run=$(realpath -m -- "$3")
shift 3
most_restarts=5 everywhere=() for_servers=() for_replicas=()
while [ $# -gt 0 ]; do
    take "$@"
    shift $taken
    [ $taken = 0 ] || continue
    case $1 in
    --most-restarts) most_restarts=$(count "$@") ;;
    --sbatch) everywhere+=("$2") ;;
    --sbatch-servers) for_servers+=("$2") ;;
    --sbatch-replicas) for_replicas+=("$2") ;;
    *) wrong "$1" "is none of its options" ;;
    esac
    shift 2
done
path=$(folder_of nonna-train)

mkdir -p "$run"/{servers,snapshots,checkpoints,restarts,ended,logs}
cd "$run"
settings=$(keep share path most_restarts "${of_a_run[@]}")
servers=$(submit servers.sbatch --array="0-$((shards - 1))" "${everywhere[@]}" "${for_servers[@]}" -- "$settings")
# Servers first, so that replicas do not hold nodes while they wait: `after` is that every server has begun.
workers=$(submit replicas.sbatch --array="0-$((replicas - 1))" --dependency="after:$servers" "${everywhere[@]}" \
    "${for_replicas[@]}" -- "$settings")
# Not `afterok`, which is never satisfied where a replica fails: the servers would run on for nobody.
last=$(submit model.sbatch --dependency="afterany:$workers" "${everywhere[@]}" -- "$settings" "$servers")
trap - EXIT
echo "servers $servers, replicas $workers, model $last; logs in $run/logs; scancel $workers $last $servers stops the run"
