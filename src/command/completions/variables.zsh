
# Behind `ckpt show PATH` come the names of variables.
_ckpt_variables() {
    local -a names
    names=(${(f)"$(ckpt completions --variables "${(Q)line[1]}" 2>/dev/null)"})
    compadd -- $names
}
