
# Behind `ckpt show PATH` come the names of variables.
function __ckpt_variables
    set -l words
    for word in (commandline -opc)[2..]
        string match -q -- '-*' $word; or set -a words $word
    end
    test "$words[1]" = show; and test (count $words) -ge 2; or return
    ckpt completions --variables $words[2] 2>/dev/null
end

complete -c ckpt -n "__fish_ckpt_using_subcommand show" -a "(__ckpt_variables)"
