#include "base/supervise.h"

#include "base/descriptor.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/terminal.h"

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nonna
{

namespace
{

using Clock = std::chrono::steady_clock;

constexpr int most_quick_deaths = 5;    // in a row, each within two seconds of its start

class Running
{
  public:
    explicit Running(const Program& program) : program_(program) { start(program.arguments); }
    ~Running()
    {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }
    Running(const Running&) = delete;

    const Program& program() const { return program_; }
    bool alive() const { return pid_ > 0; }
    int log() const { return log_.number(); }    // -1: closed
    void stop() const
    {
        if (pid_ > 0)
            ::kill(pid_, SIGTERM);
    }

    // What it has said, as lines of the common log.
    void copy_log()
    {
        char bytes[4096];
        while (log_) {
            const ssize_t n = uninterrupted([&] { return ::read(log_.number(), bytes, sizeof bytes); });
            if (n < 0)
                return;    // no more for now
            if (n == 0)
                break;
            text_.append(bytes, std::size_t(n));
            for (std::size_t end; (end = text_.find('\n')) != std::string::npos; text_.erase(0, end + 1))
                pass_on(text_.substr(0, end));
        }
        if (!text_.empty())
            pass_on(text_);
        text_.clear();
        log_ = {};
    }

    // Has it ended? `again`: may be started again. The status, or -1 while it runs.
    int poll_end(bool again)
    {
        int status = 0;
        if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_)
            return -1;
        pid_ = -1;
        copy_log();
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        const int number = WTERMSIG(status);
        quick_deaths_ = Clock::now() - started_ < std::chrono::seconds(2) ? quick_deaths_ + 1 : 0;
        if (!again || quick_deaths_ >= most_quick_deaths)
            return 128 + number;
        say(program_.name + " was killed by signal " + std::to_string(number) + "; started again");
        std::vector<std::string> words = program_.arguments;
        words.insert(words.end(), program_.again.begin(), program_.again.end());
        start(words);
        return -1;
    }

  private:
    Program program_;
    pid_t pid_ = -1;
    Descriptor log_;
    int quick_deaths_ = 0;
    std::string text_;
    Clock::time_point started_;

    // A moment stays in front, so that the log can be sorted.
    void pass_on(const std::string& line) const
    {
        const std::size_t moment = moment_length(line);
        write_message(line.substr(0, moment) + program_.name + " | " + line.substr(moment));
    }

    // The program in a child of its own, whose stderr comes here through a pipe.
    void start(std::vector<std::string> words)
    {
        std::vector<char*> argv;
        for (std::string& word : words)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        Pipe pipe = open_pipe(program_.name);
        const pid_t parent = ::getpid();
        // A signal for the child waits until it has no handler of ours any more, which would swallow it.
        sigset_t all, before;
        sigfillset(&all);
        ::sigprocmask(SIG_SETMASK, &all, &before);
        pid_ = ::fork();
        const int failure = errno;
        if (pid_ == 0)
            become(argv, pipe.write_end.number(), parent, before);
        ::sigprocmask(SIG_SETMASK, &before, nullptr);
        if (pid_ < 0)
            throw Error(program_.name, errno_reason(failure));
        log_ = std::move(pipe.read_end);
        ::fcntl(log_.number(), F_SETFL, O_NONBLOCK);
        started_ = Clock::now();
    }

    // The child's side. Its own process group, so that Ctrl-C reaches the parent alone; SIGTERM when the parent dies.
    [[noreturn]] static void become(const std::vector<char*>& argv, int log, pid_t parent, const sigset_t& signals)
    {
        ::setpgid(0, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != parent)    // it died before
            ::_exit(1);
        std::signal(SIGINT, SIG_DFL);
        std::signal(SIGTERM, SIG_DFL);
        struct sigaction hangup {
        };
        ::sigaction(SIGHUP, nullptr, &hangup);
        if (hangup.sa_handler != SIG_IGN)    // nohup is meant for the child, too
            std::signal(SIGHUP, SIG_DFL);
        ::sigprocmask(SIG_SETMASK, &signals, nullptr);
        ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
        ::dup2(log, STDERR_FILENO);
        ::execvp(argv[0], argv.data());
        (void)write_all(STDERR_FILENO, std::string(argv[0]) + ": " + errno_reason() + "\n");
        ::_exit(127);
    }
};

// Stopped by a signal, with its files in order, or before it had begun to look after signals.
bool was_interrupted(int status)
{
    return status == int(ExitStatus::interrupted) || status == 128 + SIGTERM || status == 128 + SIGHUP;
}

std::string fate(int status)
{
    return status > 128 ? "was killed by signal " + std::to_string(status - 128)
                        : "ended with status " + std::to_string(status);
}

class Set
{
  public:
    Set(const std::vector<Program>& programs)
    {
        for (const Program& p : programs)
            running_.push_back(std::make_unique<Running>(p));
    }

    void add(const Program& program) { running_.push_back(std::make_unique<Running>(program)); }

    void stop(bool servers)
    {
        for (const auto& r : running_)
            if (r->program().server == servers)
                r->stop();
    }

    // Waits until all workers, or all servers, have ended.
    void wait(bool servers)
    {
        for (;;) {
            std::vector<pollfd> logs;
            for (const auto& r : running_)
                if (r->log() >= 0)
                    logs.push_back({r->log(), POLLIN, 0});
            ::poll(logs.data(), logs.size(), 100);
            bool alive = false;
            for (const auto& r : running_) {
                r->copy_log();
                const int status = r->poll_end(!stopping_ && !interrupted());
                const bool early = r->program().server && !servers;    // a server that ends before the workers
                // Whoever stops a whole control group signals them all: what ends by that has not failed.
                if (interrupted() || was_interrupted(status))
                    stop_for_a_signal();
                if ((status > 0 && !was_interrupted(status)) || (status == 0 && early && !stopping_))
                    fail(r->program().name, fate(status));
                alive = alive || (r->alive() && r->program().server == servers);
            }
            if (interrupted())
                stop_for_a_signal();
            if (!alive)
                return;
        }
    }

    bool failed() const { return stopping_; }
    void rethrow() const
    {
        if (failed())
            throw Error(subject_, reason_, status_);
    }

  private:
    std::vector<std::unique_ptr<Running>> running_;
    bool stopping_ = false;
    std::string subject_, reason_;    // of the first failure, before all interrupts
    ExitStatus status_ = ExitStatus::failed;

    void stop_for_a_signal()
    {
        if (stopping_)
            return;
        subject_ = "interrupted";
        reason_ = "the replicas were stopped, then the servers";
        status_ = ExitStatus::interrupted;
        stopping_ = true;
        stop(false);
    }

    void fail(const std::string& subject, const std::string& reason)
    {
        if (!stopping_ || status_ == ExitStatus::interrupted) {
            subject_ = subject;
            reason_ = reason;
            status_ = ExitStatus::failed;
        }
        if (!std::exchange(stopping_, true))
            stop(false);
    }
};

}    // namespace

void supervise(const std::vector<Program>& programs, const Program* finally)
{
    Set set(programs);
    set.wait(false);
    if (finally && !set.failed()) {
        set.add(*finally);
        set.wait(false);
    }
    set.stop(true);
    set.wait(true);
    set.rethrow();
}

std::string sibling(const std::string& name)
{
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::filesystem::path beside = self.parent_path() / name;
    return !error && std::filesystem::exists(beside) ? beside.string() : name;
}

}    // namespace nonna
