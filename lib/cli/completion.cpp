// Completion scripts for bash, zsh and fish. Values without a list of choices complete to file names, and arguments
// that may be an architecture also to the names of those that are installed, asked for when somebody presses Tab.
#include "cli/interface.h"

namespace nonna
{

namespace
{

std::string spaced(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& w : words)
        text += (text.empty() ? "" : " ") + w;
    return text;
}

std::vector<const Declaration*> options_with_common(const Command::State& state, const Common& common)
{
    auto options = state.options();
    for (const Declaration& d : common.shown)
        options.push_back(&d);
    return options;
}

std::vector<std::string> names(const Declaration& d)
{
    return d.short_name.empty() ? std::vector<std::string>{d.long_name}
                                : std::vector<std::string>{d.short_name, d.long_name};
}

// The header's first cell is empty.
constexpr const char* architectures = "nonna-init --list 2>/dev/null | cut -s -d \" \" -f 1";

const Declaration* architecture(const Command::State& state)
{
    for (const Declaration* d : state.arguments())
        if (d->architecture)
            return d;
    return nullptr;
}

std::string quoted(const std::string& text) { return concat({"'", replace_all(text, "'", "'\\''"), "'"}); }

std::vector<std::string> job_names(const Command::State& root)
{
    std::vector<std::string> found;
    for (const auto& job : root.jobs)
        found.push_back(job->state().name);
    return found;
}

// The body for one interface: choices behind an option that has them, files behind the others, options after "-".
std::string bash_body(const Command::State& state, const Common& common, const std::string& indent)
{
    std::string text = indent + "case $previous in\n", files, words;
    for (const Declaration* d : options_with_common(state, common)) {
        for (const std::string& name : names(*d)) {
            words += (words.empty() ? "" : " ") + name;
            if (d->kind != Declaration::Kind::flag && d->choices.empty())
                files += (files.empty() ? "" : "|") + name;
        }
        if (!d->choices.empty()) {
            std::string pattern = replace_all(spaced(names(*d)), " ", "|");
            text += indent + pattern + ") COMPREPLY=($(compgen -W " + quoted(spaced(d->choices)) +
                    " -- \"$current\")); return ;;\n";
        }
    }
    if (!files.empty())
        text += indent + files + ") COMPREPLY=(); return ;;\n";
    text += indent + "esac\n" + indent + "[[ $current == -* ]] && COMPREPLY=($(compgen -W " + nonna::quoted(words) +
            " -- \"$current\"))\n";
    if (const Declaration* d = architecture(state)) {
        text += indent + "[[ $current == -* ";
        if (!d->architecture_with.empty())
            text += "|| \" ${COMP_WORDS[*]} \" != *\" " + d->architecture_with + " \"* ";
        text += concat({"]] || COMPREPLY=($(compgen -W \"$(", architectures, ")\" -- \"$current\"))\n"});
    }
    return text;
}

std::string bash(const Command::State& root, const Common& common)
{
    std::string function = "_" + replace_all(root.name, "-", "_");
    std::string text = function +
                       "()\n{\n    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                       "    COMPREPLY=()\n";
    if (root.jobs.empty()) {
        text += bash_body(root, common, "    ");
    } else {
        text += "    local word job=\n    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n        case $word in\n "
                "       " +
                replace_all(spaced(job_names(root)), " ", "|") +
                ") job=$word; break ;;\n        esac\n    done\n"
                "    case $job in\n";
        for (const auto& job : root.jobs)
            text += "    " + job->state().name + ")\n" + bash_body(job->state(), common, "        ") + "        ;;\n";
        text += "    *)\n" + bash_body(root, common, "        ") +
                "        [[ $current == -* ]] || COMPREPLY=($(compgen -W " + quoted(spaced(job_names(root))) +
                " -- \"$current\"))\n        ;;\n    esac\n";
    }
    return text + "}\ncomplete -o bashdefault -o default -F " + function + " " + root.name + "\n";
}

// In a zsh specification brackets and colons have a meaning.
std::string zsh_text(const std::string& text)
{
    return replace_all(replace_all(replace_all(text, "[", "\\["), "]", "\\]"), ":", "\\:");
}

std::string zsh_body(const Command::State& state, const Common& common, const std::string& indent)
{
    std::string text = indent + "_arguments -s -S";
    for (const Declaration* d : options_with_common(state, common)) {
        for (const std::string& name : names(*d)) {
            std::string spec;
            if (d->repeated)
                spec = "*";
            else if (!d->short_name.empty())
                spec = concat({"(", spaced(names(*d)), ")"});
            spec += concat({name, "[", zsh_text(d->help), "]"});
            if (d->kind != Declaration::Kind::flag)
                spec += concat({":", zsh_text(d->choices.empty() ? d->metavar : d->key()), ":",
                                d->choices.empty() ? "_files" : concat({"(", spaced(d->choices), ")"})});
            text += " \\\n" + indent + "    " + nonna::quoted(spec);
        }
    }
    std::string files = "_files";
    if (const Declaration* d = architecture(state)) {
        const std::string offer = concat({"local -a found; found=($(", architectures, ")); ",
                                          "_alternative \"architectures:architecture:($found)\" files:file:_files"});
        files =
            d->architecture_with.empty()
                ? concat({"{ ", offer, " }"})
                : concat({"{ if (( ${words[(I)", d->architecture_with, "]} )); then ", offer, "; else _files; fi }"});
    }
    return text + " \\\n" + indent + "    " + nonna::quoted("*:file:" + files) + "\n";
}

std::string zsh(const Command::State& root, const Common& common)
{
    std::string text = "#compdef " + root.name + "\n";
    if (root.jobs.empty())
        return text + zsh_body(root, common, "");
    text += "local job=$words[2]\nif (( CURRENT == 2 )); then\n    local -a jobs\n    jobs=(\n";
    for (const auto& job : root.jobs)
        text += "        " + quoted(job->state().name + ":" + zsh_text(job->state().summary)) + "\n";
    text += "    )\n    _describe job jobs\n    return\nfi\nshift words\n(( CURRENT-- ))\ncase $job in\n";
    for (const auto& job : root.jobs)
        text += job->state().name + ")\n" + zsh_body(job->state(), common, "    ") + "    ;;\n";
    return text + "esac\n";
}

std::string fish_body(const std::string& program, const std::vector<const Declaration*>& options,
                      const std::string& condition)
{
    std::string text;
    for (const Declaration* d : options) {
        text += "complete -c " + program + condition;
        if (!d->short_name.empty())
            text += " -s " + d->short_name.substr(1);
        text += " -l " + d->long_name.substr(2);
        if (!d->choices.empty())
            text += " -x -a " + quoted(spaced(d->choices));
        else if (d->kind != Declaration::Kind::flag)
            text += " -r";
        text += " -d " + quoted(d->help) + "\n";
    }
    return text;
}

std::string fish(const Command::State& root, const Common& common)
{
    std::string text = fish_body(root.name, options_with_common(root, common), "");
    if (const Declaration* d = architecture(root)) {
        const std::string& flag = d->architecture_with;
        text += "complete -c " + root.name + (flag.empty() ? "" : " -n '__fish_contains_opt " + flag.substr(2) + "'") +
                " -a " + quoted(concat({"(", architectures, ")"})) + " -d architecture\n";
    }
    std::string none_yet = " -f -n " + quoted("not __fish_seen_subcommand_from " + spaced(job_names(root)));
    for (const auto& job : root.jobs) {
        const Command::State& state = job->state();
        text += "complete -c " + root.name + none_yet + " -a " + state.name + " -d " + quoted(state.summary) + "\n";
        text += fish_body(root.name, state.options(), " -n " + quoted("__fish_seen_subcommand_from " + state.name));
    }
    return text;
}

// A program that starts others completes their names, and then what they would complete themselves: the words are
// handed to the completion of the program, cut so that it sees its own name first.

std::vector<std::string> started_names(const Command::State& root)
{
    std::vector<std::string> found;
    for (const StartedProgram& program : root.programs)
        found.push_back(program.name.substr(root.name.size() + 1));
    return found;
}

std::string bash_starter(const Command::State& root, const Common& common)
{
    const std::string names = spaced(started_names(root));
    return "_" + root.name + "()\n{\n" +
           "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} at\n"
           "    COMPREPLY=()\n"
           "    for ((at = 1; at < COMP_CWORD; ++at)); do [[ ${COMP_WORDS[at]} == -* ]] || break; done\n"
           "    if ((at == COMP_CWORD)) && [[ $current == -* ]]; then\n" +
           bash_body(root, common, "        ") +
           "    elif ((at == COMP_CWORD)); then\n"
           "        COMPREPLY=($(compgen -W " +
           quoted(names + " help") +
           " -- \"$current\"))\n"
           "    elif [[ ${COMP_WORDS[at]} == help ]]; then\n"
           "        COMPREPLY=($(compgen -W " +
           quoted(names) +
           " -- \"$current\"))\n"
           "    else\n"
           "        local program=" +
           root.name +
           "-${COMP_WORDS[at]}\n"
           "        local function=_${program//-/_} loader\n"
           "        for loader in _comp_load _completion_loader; do\n"
           "            declare -F $function >/dev/null && break\n"
           "            declare -F $loader >/dev/null && $loader $program\n"
           "        done\n"
           "        declare -F $function >/dev/null || return\n"
           "        local words=(\"$program\" \"${COMP_WORDS[@]:at+1}\")\n"
           "        COMP_WORDS=(\"${words[@]}\") COMP_CWORD=$((COMP_CWORD - at))\n"
           "        $function\n"
           "    fi\n"
           "}\ncomplete -o bashdefault -o default -F _" +
           root.name + " " + root.name + "\n";
}

std::string zsh_starter(const Command::State& root, const Common& common)
{
    std::string text =
        "#compdef " + root.name + "\nlocal curcontext=$curcontext state line\nlocal -a programs\n" + "programs=(\n";
    for (const StartedProgram& program : root.programs)
        text +=
            "    " + quoted(concat({program.name.substr(root.name.size() + 1), ":", zsh_text(program.summary)})) + "\n";
    text += ")\n_arguments -C -S";
    for (const Declaration& d : common.shown)
        for (const std::string& name : names(d))
            text += " \\\n    " + quoted(concat({name, "[", zsh_text(d.help), "]",
                                                 d.kind == Declaration::Kind::flag ? "" : ":file:_files"}));
    return text +
           " \\\n    '1: :->program' '*:: :->rest'\n"
           "case $state in\n"
           "program) _describe program programs -- '(help:\"show a manual page\")' ;;\n"
           "rest)\n"
           "    if [[ $words[1] == help ]]; then\n"
           "        _describe program programs\n"
           "    else\n"
           "        words[1]=" +
           root.name +
           "-$words[1]\n"
           "        _normal\n"
           "    fi ;;\n"
           "esac\n";
}

std::string fish_starter(const Command::State& root, const Common& common)
{
    const std::string none_yet = " -f -n __fish_use_subcommand";
    std::string text = fish_body(root.name, options_with_common(root, common), " -n __fish_use_subcommand");
    std::string pages = "complete -c " + root.name + " -f -n '__fish_seen_subcommand_from help' -a " +
                        quoted(spaced(started_names(root))) + "\n";
    for (const StartedProgram& program : root.programs)
        text += "complete -c " + root.name + none_yet + " -a " + program.name.substr(root.name.size() + 1) + " -d " +
                quoted(program.summary) + "\n";
    text += "complete -c " + root.name + none_yet + " -a help -d 'show a manual page'\n" + pages;
    const std::string rest = "__" + root.name + "_rest";
    return text + "function " + rest + "\n" +
           "    set -l words (commandline -opc)\n"
           "    complete -C \"" +
           root.name +
           "-\"(string join ' ' -- (string escape -- $words[2..-1]) (commandline -ct))\n"
           "end\n"
           "complete -c " +
           root.name + " -f -n 'not __fish_use_subcommand; and not __fish_seen_subcommand_from help' -a '(" + rest +
           ")'\n";
}

}    // namespace

std::string completion(const Command::State& root, const Common& common, const std::string& shell)
{
    if (shell == "bash")
        return root.start ? bash_starter(root, common) : bash(root, common);
    if (shell == "zsh")
        return root.start ? zsh_starter(root, common) : zsh(root, common);
    if (shell == "fish")
        return root.start ? fish_starter(root, common) : fish(root, common);
    throw Error("--dump-completion", "'" + shell + "' is not one of bash, zsh, fish", ExitStatus::usage);
}

}    // namespace nonna
