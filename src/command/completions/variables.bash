
# Behind `ckpt show PATH` come the names of variables.
_ckpt_variables() {
    local word place=0 path="" number
    for ((number = 1; number < COMP_CWORD; number++)); do
        word="${COMP_WORDS[number]}"
        case "$word" in
            -*) ;;
            *)
                place=$((place + 1))
                [ "$place" = 1 ] && [ "$word" != show ] && break
                [ "$place" = 2 ] && path="$word"
                ;;
        esac
    done
    word="${COMP_WORDS[COMP_CWORD]}"
    if [ -n "$path" ] && [ "${word#-}" = "$word" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(ckpt completions --variables "$path" 2>/dev/null)" -- "$word")
    else
        _ckpt "$@"
    fi
}

complete -F _ckpt_variables -o nosort -o bashdefault -o default ckpt 2>/dev/null ||
    complete -F _ckpt_variables -o bashdefault -o default ckpt
