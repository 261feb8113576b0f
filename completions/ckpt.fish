# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ckpt_global_optspecs
    string join \n format= o/output= color= width= q/quiet v/verbose bytes no-progress j/jobs= config= no-config h/help V/version
end

function __fish_ckpt_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ckpt_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ckpt_using_subcommand
    set -l cmd (__fish_ckpt_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ckpt -n "__fish_ckpt_needs_command" -l format -d 'Kind of output [default: text]' -r -f -a "text\t'For people'
concise\t'One line for each finding'
json\t'For programs; the schema is named in it'
json-lines\t'For programs, a variable, change or finding on each line'
csv\t'For spreadsheets'
markdown\t'For pull requests, and the summary of a GitHub job'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for lists of tests'
github\t'Annotations of GitHub Actions'
gitlab\t'GitLab\'s code quality report'"
complete -c ckpt -n "__fish_ckpt_needs_command" -s o -l output -d 'Write the answer to a file; diff and doctor then also print it as text' -r -F
complete -c ckpt -n "__fish_ckpt_needs_command" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c ckpt -n "__fish_ckpt_needs_command" -l width -d 'Columns to fill [default: the terminal\'s; in a pipe nothing is cut]' -r
complete -c ckpt -n "__fish_ckpt_needs_command" -s j -l jobs -d 'Threads that read data [default: one for each core]' -r
complete -c ckpt -n "__fish_ckpt_needs_command" -l config -d 'Of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml]' -r -F
complete -c ckpt -n "__fish_ckpt_needs_command" -s q -l quiet -d 'The verdict alone; twice: the exit status alone'
complete -c ckpt -n "__fish_ckpt_needs_command" -s v -l verbose -d 'List what is summed up by default'
complete -c ckpt -n "__fish_ckpt_needs_command" -l bytes -d 'Sizes in bytes'
complete -c ckpt -n "__fish_ckpt_needs_command" -l no-progress -d 'No progress bar'
complete -c ckpt -n "__fish_ckpt_needs_command" -l no-config -d 'No settings but those of the command'
complete -c ckpt -n "__fish_ckpt_needs_command" -s h -l help -d 'Print this; behind a command, its flags and examples'
complete -c ckpt -n "__fish_ckpt_needs_command" -s V -l version -d 'Print version'
complete -c ckpt -n "__fish_ckpt_needs_command" -f -a "ls" -d 'What is here: a directory\'s checkpoints, or the variables of one'
complete -c ckpt -n "__fish_ckpt_needs_command" -f -a "show" -d 'Everything known of one variable'
complete -c ckpt -n "__fish_ckpt_needs_command" -f -a "diff" -d 'What changed between two checkpoints'
complete -c ckpt -n "__fish_ckpt_needs_command" -f -a "doctor" -d 'What is wrong with a checkpoint, and what to do about it'
complete -c ckpt -n "__fish_ckpt_needs_command" -f -a "explain" -d 'The page of a rule, or the rules that know an error'
complete -c ckpt -n "__fish_ckpt_needs_command" -f -a "rules" -d 'The table of all rules'
complete -c ckpt -n "__fish_ckpt_needs_command" -f -a "schema" -d 'The JSON Schema of an output, or of the settings'
complete -c ckpt -n "__fish_ckpt_needs_command" -f -a "completions" -d 'A script with which a shell completes commands, flags and names of variables'
complete -c ckpt -n "__fish_ckpt_needs_command" -f -a "man" -d 'The manual page of a command'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -s n -l name -d 'Only names that match, or with !GLOB do not; may be repeated' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -s e -l regex -d 'Only names in which this is found' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l role -d 'Only these roles [default: all, slots summed up]' -r -f -a "model\t'What computes: weights and statistics'
slot\t'Optimizer state of single weights'
optimizer\t'All optimizer state'
bookkeeping\t'Counters, metrics, the object graph'
all\t'Everything, slots listed'"
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l dtype -d 'Only these element types, as float32 or f32' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l min-size -d 'Only variables of this size or more: 4096, 64KiB, 1MiB' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l names -d 'Which name to show' -r -f -a "full\t'The owner\'s name'
key\t'The key as stored'
path\t'The path through the object graph'"
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l sort -d 'In which order' -r -f -a "name\t'By name, layer_2 before layer_10'
size\t'Largest first'
params\t'Most elements first'
stored\t'By place in the files'"
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l limit -d 'Only the first N' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l depth -d 'Sum up what lies deeper than N scopes' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l format -d 'Kind of output [default: text]' -r -f -a "text\t'For people'
concise\t'One line for each finding'
json\t'For programs; the schema is named in it'
json-lines\t'For programs, a variable, change or finding on each line'
csv\t'For spreadsheets'
markdown\t'For pull requests, and the summary of a GitHub job'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for lists of tests'
github\t'Annotations of GitHub Actions'
gitlab\t'GitLab\'s code quality report'"
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -s o -l output -d 'Write the answer to a file; diff and doctor then also print it as text' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l width -d 'Columns to fill [default: the terminal\'s; in a pipe nothing is cut]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -s j -l jobs -d 'Threads that read data [default: one for each core]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l config -d 'Of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml]' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l all -d 'Every checkpoint of the directory, no variables'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l stats -d 'Minimum, maximum, mean, deviation, zeros, NaN, infinities'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l digests -d 'SHA-256 of each variable\'s elements'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -s r -l reverse -d 'Turn the order round'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l tree -d 'Draw scopes as a tree, in the order of names'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l no-collapse -d 'A line for each variable, also of repeated layers'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -s q -l quiet -d 'The verdict alone; twice: the exit status alone'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -s v -l verbose -d 'List what is summed up by default'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l bytes -d 'Sizes in bytes'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l no-progress -d 'No progress bar'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -l no-config -d 'No settings but those of the command'
complete -c ckpt -n "__fish_ckpt_using_subcommand ls" -s h -l help -d 'Print this; behind a command, its flags and examples'
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -l npy -d 'Write the values to a NumPy file' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -l precision -d 'Digits behind the point' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -l edge-items -d 'How many values to print without --values' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -l format -d 'Kind of output [default: text]' -r -f -a "text\t'For people'
concise\t'One line for each finding'
json\t'For programs; the schema is named in it'
json-lines\t'For programs, a variable, change or finding on each line'
csv\t'For spreadsheets'
markdown\t'For pull requests, and the summary of a GitHub job'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for lists of tests'
github\t'Annotations of GitHub Actions'
gitlab\t'GitLab\'s code quality report'"
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -s o -l output -d 'Write the answer to a file; diff and doctor then also print it as text' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -l width -d 'Columns to fill [default: the terminal\'s; in a pipe nothing is cut]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -s j -l jobs -d 'Threads that read data [default: one for each core]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -l config -d 'Of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml]' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -l values -d 'Print all values'
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -s q -l quiet -d 'The verdict alone; twice: the exit status alone'
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -s v -l verbose -d 'List what is summed up by default'
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -l bytes -d 'Sizes in bytes'
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -l no-progress -d 'No progress bar'
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -l no-config -d 'No settings but those of the command'
complete -c ckpt -n "__fish_ckpt_using_subcommand show" -s h -l help -d 'Print this; behind a command, its flags and examples'
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l atol -d 'How far apart numbers may be, as in numpy.allclose(OLD, NEW)' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l rtol -d 'The same, as a part of the new number' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l map -d 'Write old names and their new ones: as .json, or as a script (.py, or - to print it)' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l html -d 'Write a page to look at: what happened, the layers, how the values moved' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l fail-on -d 'What makes the exit status 1 [default: any difference]' -r -f -a "removed\t'Only in the old checkpoint'
added\t'Only in the new one'
renamed\t'The same under another name or key'
reshaped\t'Of another shape'
retyped\t'Of another element type'
changed\t'Of other values, or not comparable'"
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l for -d 'Exit with 1 only if a restore would not do for this' -r -f -a "exact\t'The same variables, shapes, types and values'
resume\t'Go on training: model, optimizer and counters, each to itself'
finetune\t'Train further: whatever stayed in the model comes back; new heads are allowed'
infer\t'Use the model: every variable of it is filled, each from itself'"
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l loader -d 'The call that loads it [default: what fits the files]' -r -f -a "checkpoint\t'`tf.train.Checkpoint(...).restore(path)`'
manager\t'`tf.train.latest_checkpoint(directory)`, `CheckpointManager`'
saver\t'`tf.compat.v1.train.Saver().restore(session, path)`'
keras2-weights\t'`model.load_weights(path)` of Keras 2'
keras2-model\t'`keras.models.load_model(path)` of Keras 2'
keras3-weights\t'`model.load_weights(path)` of Keras 3'
keras3-model\t'`keras.models.load_model(path)` of Keras 3'
saved-model\t'`tf.saved_model.load(path)`'"
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -s n -l name -d 'Only names that match, or with !GLOB do not; may be repeated' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -s e -l regex -d 'Only names in which this is found' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l role -d 'Only these roles [default: all, slots summed up]' -r -f -a "model\t'What computes: weights and statistics'
slot\t'Optimizer state of single weights'
optimizer\t'All optimizer state'
bookkeeping\t'Counters, metrics, the object graph'
all\t'Everything, slots listed'"
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l dtype -d 'Only these element types, as float32 or f32' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l min-size -d 'Only variables of this size or more: 4096, 64KiB, 1MiB' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l names -d 'Which name to show' -r -f -a "full\t'The owner\'s name'
key\t'The key as stored'
path\t'The path through the object graph'"
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l format -d 'Kind of output [default: text]' -r -f -a "text\t'For people'
concise\t'One line for each finding'
json\t'For programs; the schema is named in it'
json-lines\t'For programs, a variable, change or finding on each line'
csv\t'For spreadsheets'
markdown\t'For pull requests, and the summary of a GitHub job'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for lists of tests'
github\t'Annotations of GitHub Actions'
gitlab\t'GitLab\'s code quality report'"
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -s o -l output -d 'Write the answer to a file; diff and doctor then also print it as text' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l width -d 'Columns to fill [default: the terminal\'s; in a pipe nothing is cut]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -s j -l jobs -d 'Threads that read data [default: one for each core]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l config -d 'Of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml]' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l values -d 'Read what differs, and say how much'
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l stat -d 'Counts alone'
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l name-status -d 'A letter and a name on each line, as git diff --name-status'
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l by-name -d 'As load_weights(by_name=True)'
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l skip-mismatch -d 'As load_weights(skip_mismatch=True)'
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -s q -l quiet -d 'The verdict alone; twice: the exit status alone'
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -s v -l verbose -d 'List what is summed up by default'
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l bytes -d 'Sizes in bytes'
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l no-progress -d 'No progress bar'
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -l no-config -d 'No settings but those of the command'
complete -c ckpt -n "__fish_ckpt_using_subcommand diff" -s h -l help -d 'Print this; behind a command, its flags and examples'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l against -d 'What the new code saved: what would a restore into it do?' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l log -d 'What a run printed (-: standard input): is it true of these files?' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l loader -d 'The call that loads it [default: what fits the files]' -r -f -a "checkpoint\t'`tf.train.Checkpoint(...).restore(path)`'
manager\t'`tf.train.latest_checkpoint(directory)`, `CheckpointManager`'
saver\t'`tf.compat.v1.train.Saver().restore(session, path)`'
keras2-weights\t'`model.load_weights(path)` of Keras 2'
keras2-model\t'`keras.models.load_model(path)` of Keras 2'
keras3-weights\t'`model.load_weights(path)` of Keras 3'
keras3-model\t'`keras.models.load_model(path)` of Keras 3'
saved-model\t'`tf.saved_model.load(path)`'"
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l select -d 'Only these: codes, names, beginnings of codes' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l ignore -d 'All but these' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l fail-on -d 'What makes the exit status 1 [default: error]' -r -f -a "error\t'Only errors'
warning\t'Warnings too'
info\t'Anything'
never\t'Nothing'"
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l for -d 'Exit with 1 only if a restore would not do for this' -r -f -a "exact\t'The same variables, shapes, types and values'
resume\t'Go on training: model, optimizer and counters, each to itself'
finetune\t'Train further: whatever stayed in the model comes back; new heads are allowed'
infer\t'Use the model: every variable of it is filled, each from itself'"
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l html -d 'Write a page to look at: the findings, the layers, how values moved' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l baseline -d 'Known findings: they are counted apart, and do not fail' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l format -d 'Kind of output [default: text]' -r -f -a "text\t'For people'
concise\t'One line for each finding'
json\t'For programs; the schema is named in it'
json-lines\t'For programs, a variable, change or finding on each line'
csv\t'For spreadsheets'
markdown\t'For pull requests, and the summary of a GitHub job'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for lists of tests'
github\t'Annotations of GitHub Actions'
gitlab\t'GitLab\'s code quality report'"
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -s o -l output -d 'Write the answer to a file; diff and doctor then also print it as text' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l width -d 'Columns to fill [default: the terminal\'s; in a pipe nothing is cut]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -s j -l jobs -d 'Threads that read data [default: one for each core]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l config -d 'Of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml]' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l all -d 'Every checkpoint of the directory'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l by-name -d 'As load_weights(by_name=True)'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l skip-mismatch -d 'As load_weights(skip_mismatch=True)'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l quick -d 'Look at indexes and file sizes alone, not at the data'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l exit-zero -d 'Exit with 0 whatever is found; 2 stays 2'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l write-baseline -d 'Take what is found now for known, and write it to the baseline'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l statistics -d 'How often each rule spoke, in the place of what it said'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -s q -l quiet -d 'The verdict alone; twice: the exit status alone'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -s v -l verbose -d 'List what is summed up by default'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l bytes -d 'Sizes in bytes'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l no-progress -d 'No progress bar'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -l no-config -d 'No settings but those of the command'
complete -c ckpt -n "__fish_ckpt_using_subcommand doctor" -s h -l help -d 'Print this; behind a command, its flags and examples'
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -l format -d 'Kind of output [default: text]' -r -f -a "text\t'For people'
concise\t'One line for each finding'
json\t'For programs; the schema is named in it'
json-lines\t'For programs, a variable, change or finding on each line'
csv\t'For spreadsheets'
markdown\t'For pull requests, and the summary of a GitHub job'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for lists of tests'
github\t'Annotations of GitHub Actions'
gitlab\t'GitLab\'s code quality report'"
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -s o -l output -d 'Write the answer to a file; diff and doctor then also print it as text' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -l width -d 'Columns to fill [default: the terminal\'s; in a pipe nothing is cut]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -s j -l jobs -d 'Threads that read data [default: one for each core]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -l config -d 'Of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml]' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -l all -d 'The whole book'
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -s q -l quiet -d 'The verdict alone; twice: the exit status alone'
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -s v -l verbose -d 'List what is summed up by default'
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -l bytes -d 'Sizes in bytes'
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -l no-progress -d 'No progress bar'
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -l no-config -d 'No settings but those of the command'
complete -c ckpt -n "__fish_ckpt_using_subcommand explain" -s h -l help -d 'Print this; behind a command, its flags and examples'
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -l format -d 'Kind of output [default: text]' -r -f -a "text\t'For people'
concise\t'One line for each finding'
json\t'For programs; the schema is named in it'
json-lines\t'For programs, a variable, change or finding on each line'
csv\t'For spreadsheets'
markdown\t'For pull requests, and the summary of a GitHub job'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for lists of tests'
github\t'Annotations of GitHub Actions'
gitlab\t'GitLab\'s code quality report'"
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -s o -l output -d 'Write the answer to a file; diff and doctor then also print it as text' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -l width -d 'Columns to fill [default: the terminal\'s; in a pipe nothing is cut]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -s j -l jobs -d 'Threads that read data [default: one for each core]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -l config -d 'Of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml]' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -s q -l quiet -d 'The verdict alone; twice: the exit status alone'
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -s v -l verbose -d 'List what is summed up by default'
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -l bytes -d 'Sizes in bytes'
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -l no-progress -d 'No progress bar'
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -l no-config -d 'No settings but those of the command'
complete -c ckpt -n "__fish_ckpt_using_subcommand rules" -s h -l help -d 'Print this; behind a command, its flags and examples'
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -l format -d 'Kind of output [default: text]' -r -f -a "text\t'For people'
concise\t'One line for each finding'
json\t'For programs; the schema is named in it'
json-lines\t'For programs, a variable, change or finding on each line'
csv\t'For spreadsheets'
markdown\t'For pull requests, and the summary of a GitHub job'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for lists of tests'
github\t'Annotations of GitHub Actions'
gitlab\t'GitLab\'s code quality report'"
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -s o -l output -d 'Write the answer to a file; diff and doctor then also print it as text' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -l width -d 'Columns to fill [default: the terminal\'s; in a pipe nothing is cut]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -s j -l jobs -d 'Threads that read data [default: one for each core]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -l config -d 'Of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml]' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -s q -l quiet -d 'The verdict alone; twice: the exit status alone'
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -s v -l verbose -d 'List what is summed up by default'
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -l bytes -d 'Sizes in bytes'
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -l no-progress -d 'No progress bar'
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -l no-config -d 'No settings but those of the command'
complete -c ckpt -n "__fish_ckpt_using_subcommand schema" -s h -l help -d 'Print this; behind a command, its flags and examples'
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -l variables -d 'The names of a checkpoint\'s variables, a line each: what the scripts ask for' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -l format -d 'Kind of output [default: text]' -r -f -a "text\t'For people'
concise\t'One line for each finding'
json\t'For programs; the schema is named in it'
json-lines\t'For programs, a variable, change or finding on each line'
csv\t'For spreadsheets'
markdown\t'For pull requests, and the summary of a GitHub job'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for lists of tests'
github\t'Annotations of GitHub Actions'
gitlab\t'GitLab\'s code quality report'"
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -s o -l output -d 'Write the answer to a file; diff and doctor then also print it as text' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -l width -d 'Columns to fill [default: the terminal\'s; in a pipe nothing is cut]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -s j -l jobs -d 'Threads that read data [default: one for each core]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -l config -d 'Of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml]' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -s q -l quiet -d 'The verdict alone; twice: the exit status alone'
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -s v -l verbose -d 'List what is summed up by default'
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -l bytes -d 'Sizes in bytes'
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -l no-progress -d 'No progress bar'
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -l no-config -d 'No settings but those of the command'
complete -c ckpt -n "__fish_ckpt_using_subcommand completions" -s h -l help -d 'Print this; behind a command, its flags and examples'
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -l format -d 'Kind of output [default: text]' -r -f -a "text\t'For people'
concise\t'One line for each finding'
json\t'For programs; the schema is named in it'
json-lines\t'For programs, a variable, change or finding on each line'
csv\t'For spreadsheets'
markdown\t'For pull requests, and the summary of a GitHub job'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for lists of tests'
github\t'Annotations of GitHub Actions'
gitlab\t'GitLab\'s code quality report'"
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -s o -l output -d 'Write the answer to a file; diff and doctor then also print it as text' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -l width -d 'Columns to fill [default: the terminal\'s; in a pipe nothing is cut]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -s j -l jobs -d 'Threads that read data [default: one for each core]' -r
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -l config -d 'Of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml]' -r -F
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -s q -l quiet -d 'The verdict alone; twice: the exit status alone'
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -s v -l verbose -d 'List what is summed up by default'
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -l bytes -d 'Sizes in bytes'
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -l no-progress -d 'No progress bar'
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -l no-config -d 'No settings but those of the command'
complete -c ckpt -n "__fish_ckpt_using_subcommand man" -s h -l help -d 'Print this; behind a command, its flags and examples'

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
