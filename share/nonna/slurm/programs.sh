# Read by what starts one program of a run on a machine called $host: its command, in $words.
PATH=$path:$PATH
[ -z "$certificate" ] || access+=(--tls-cert "${certificate//%h/$host}")

server_words() {    # SHARD THREADS
    words=(nonna-serve "$model" --shard "$1/$shards" --listen "${listen//%h/$host}" "${access[@]}" --rendezvous "$run/servers"
        --snapshot "$run/snapshots" -j "$2" "${serve[@]}")
}

# A server that is started again is away for a while: gradients wait for it, none is dropped.
replica_words() {    # REPLICA THREADS
    words=(nonna-train "$model" --data "$data" --replica "$1/$replicas" --rendezvous "$run/servers" "${access[@]}" "${name[@]}"
        --wait-for-servers --checkpoint "$run/checkpoints/$1" --resume --steps "$steps" -j "$2" "${train[@]}")
}

pull_words() {
    words=(nonna-info --rendezvous "$run/servers" "${access[@]}" "${name[@]}" --deadline 600 --model "$model"
        --pull "$run/model.safetensors")
}
