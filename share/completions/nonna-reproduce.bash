_nonna_reproduce()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $previous in
    --data|--faces|--out|--table1|--sensitivity|--make-study) COMPREPLY=($(compgen -d -- "$current")); return ;;
    --arch) COMPREPLY=($(compgen -W "$(nonna-init --list 2>/dev/null | cut -s -d " " -f 1)" -- "$current")); return ;;
    --steps|--neurons|--seeds|--optimizer|--rate|--filters|--centroids) return ;;
    esac
    [[ $current == -* ]] && COMPREPLY=($(compgen -W '--data --faces --out --steps --neurons -q --quiet -h --help --version --table1 --quick --sensitivity --make-study --seeds --arch --optimizer --rate --filters --centroids' -- "$current"))
}
complete -o bashdefault -o default -F _nonna_reproduce nonna-reproduce
