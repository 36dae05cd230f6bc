#include "base/children.h"
#include "base/descriptor.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/shown_text.h"
#include "base/utf8.h"
#include "cli/interface.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <new>
#include <optional>
#include <sstream>
#include <unistd.h>

namespace nonna
{

namespace
{

// A program started with a standard stream closed would give its number to the first file it opens, and write its
// messages or data into that file. Filled so that using the stream fails.
void fill_closed_streams()
{
    for (int fd : {0, 1, 2})
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

// What was printed and could not be written is found here at the latest. Throws Error.
void close_standard_output()
{
    errno = 0;
    bool failed = std::ferror(stdout) != 0;
    failed = std::fflush(stdout) != 0 || failed;
    std::string reason = errno ? errno_reason() : "could not be written";
    if (!failed && close(STDOUT_FILENO) != 0 && errno != EBADF) {
        failed = true;
        reason = errno_reason();
    }
    if (failed)
        throw Error("standard output", reason);
}

ExitStatus run(int argc, char** argv, Command& command, const std::function<ExitStatus()>& action)
{
    Command::State& root = command.state();
    Common common;
    Parsed parsed = parse_command_line(argc, argv, root, common);
    if (common.quiet && common.verbose)
        throw Error("--quiet", "excludes --verbose", ExitStatus::usage);
    set_verbosity(common.quiet ? Verbosity::quiet : common.verbose ? Verbosity::verbose : Verbosity::normal);

    std::optional<std::string> answer;    // what is printed in place of the action
    if (common.help)
        answer = help_text(root, parsed.job, common);
    else if (common.version)
        answer = root.name + " " + version() + "\n";
    else if (common.dump_interface)
        answer = interface_json(root, common);
    else if (!common.dump_manual.empty())
        answer = manual_page(root, common, common.dump_manual);
    else if (!common.dump_completion.empty())
        answer = completion(root, common, common.dump_completion);
    if (!answer) {
        apply_values(root, parsed, common.config, !common.print_config);
        if (common.print_config)
            answer = print_config(root, parsed.job);
        else if (root.start && root.start->empty())
            answer = help_text(root, nullptr, common);
    }
    if (answer) {
        print(*answer);
        return ExitStatus::done;
    }
    const auto& chosen = action ? action : parsed.job ? parsed.job->action : root.action;
    return chosen();
}

// Runs `step`; whatever it throws becomes one line on stderr and a status.
ExitStatus reported(const std::function<ExitStatus()>& step)
{
    try {
        return step();
    } catch (const Error& e) {
        warn(e.subject(), e.reason());
        return e.status();
    } catch (const std::bad_alloc&) {
        warn("memory", "not enough for this job");
    } catch (const std::exception& e) {
        warn("unexpected error", e.what());
    }
    return ExitStatus::failed;
}

// All files are closed by now, and nothing of ours is left to be done. A library's destructors may wait for ever: where
// memory is short, OpenBLAS's waits for a thread that turns in circles for a buffer. Sanitizers report at the end.
constexpr bool ends_without_destructors = children_limit_memory;

}    // namespace

int run_tool(int argc, char** argv, Command& command, std::function<ExitStatus()> action)
{
    fill_closed_streams();
    std::signal(SIGPIPE, SIG_DFL);    // also where the parent had it ignored
    set_program_name(command.state().name);
    watch_interrupts();
    ExitStatus status = reported([&] { return run(argc, argv, command, action); });
    ExitStatus closing = reported([] {
        close_standard_output();
        return ExitStatus::done;
    });
    const int end = static_cast<int>(closing == ExitStatus::done ? status : closing);
    if (ends_without_destructors)
        _exit(end);
    return end;
}

void usage_error(const std::string& option, const std::string& reason)
{
    throw Error(option, reason, ExitStatus::usage);
}

// Whether a file lies in a folder or in one below it.
static bool lies_below(const std::filesystem::path& file, const std::filesystem::path& folder)
{
    namespace fs = std::filesystem;
    std::error_code error;
    for (fs::path above = fs::canonical(file, error); !error && above.has_relative_path();) {
        above = above.parent_path();
        if (fs::equivalent(above, folder, error))
            return true;
    }
    return false;
}

void keep_apart(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs,
                const std::function<bool(std::string_view)>& read_in_folders)
{
    namespace fs = std::filesystem;
    auto same = [](const std::string& a, const std::string& b) {
        std::error_code error;
        if (fs::exists(a, error) && !fs::is_regular_file(a, error))
            return false;
        return fs::weakly_canonical(fs::absolute(a), error) == fs::weakly_canonical(fs::absolute(b), error) ||
               fs::equivalent(a, b, error);
    };
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const std::string& output = outputs[i];
        if (output.empty())
            continue;
        // Noticed now, not after the work.
        std::error_code error;
        const fs::path folder = fs::absolute(output).parent_path();
        if (output != "-" && !fs::is_directory(folder, error))
            throw Error(output, fs::exists(folder, error) ? "not a directory" : "no such file or directory");
        if (output != "-" && fs::is_directory(output, error))
            throw Error(output, "is a directory");
        for (std::size_t k = 0; k < i; ++k)
            if (!outputs[k].empty() && (output == "-" ? outputs[k] == "-" : same(output, outputs[k])))
                usage_error(output, "two outputs cannot be the same file");
        if (output == "-" || !fs::is_regular_file(output, error))    // nothing to lose, and lists are long
            continue;
        const std::string name = fs::canonical(output, error).filename().string();
        for (const std::string& input : inputs)
            if (!input.empty() && input != "-" &&
                (fs::equivalent(output, input, error) || (read_in_folders && read_in_folders(name) &&
                                                          fs::is_directory(input, error) && lies_below(output, input))))
                usage_error(output, "is also an input");
    }
}

std::vector<std::string> read_file_list(const std::string& path, bool null_terminated)
{
    Descriptor file =
        path == "-" ? Descriptor::borrow(STDIN_FILENO, "standard input") : Descriptor::open(path, O_RDONLY | O_NOCTTY);
    std::istringstream lines(read_text(file, std::size_t(1) << 34));
    std::vector<std::string> paths;
    bool first = !null_terminated;    // a list with NULs was made by no editor
    for (std::string line; std::getline(lines, line, null_terminated ? '\0' : '\n'); first = false) {
        if (first)
            line = std::string(without_mark(line));
        if (line.find('\0') != std::string::npos)
            throw Error(file.name(), "a name with a NUL byte in it: does the list need -0?");
        if (!line.empty())
            paths.push_back(line);
    }
    return paths;
}

void append_file_list(std::vector<std::string>& names, const std::string& list, bool null_terminated)
{
    if (!list.empty())
        for (std::string& name : read_file_list(list, null_terminated))
            names.push_back(std::move(name));
}

std::string version() { return NONNA_VERSION; }

}    // namespace nonna
