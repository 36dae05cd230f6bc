#include "base/children.h"

#include "base/descriptor.h"
#include "base/error.h"
#include "base/failed_allocation.h"
#include "base/interrupt.h"
#include "base/parallel.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <malloc.h>
#include <new>
#include <poll.h>
#include <span>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nonna::children
{

namespace
{

// What goes through the pipe: one byte, the payload's length in 8 bytes, little endian, and the payload.
enum Kind : char { result = 'r', threw = 'x', no_memory = 'm' };
constexpr std::size_t header_size = 9;

std::uint64_t length_of(const std::string& data)
{
    std::uint64_t length = 0;
    for (std::size_t i = header_size; i-- > 1;)
        length = length << 8 | static_cast<unsigned char>(data[i]);
    return length;
}

bool is_whole(const std::string& data)
{
    return data.size() >= header_size && data.size() - header_size == length_of(data);
}

// The child's side. Nothing here may return into the parent's code or throw.

bool answer(int fd, Kind kind, std::string_view payload)
{
    char header[header_size] = {kind};
    for (std::size_t i = 1; i < header_size; ++i)
        header[i] = static_cast<char>(std::uint64_t(payload.size()) >> 8 * (i - 1));
    return write_all(fd, {header, header_size}) && write_all(fd, payload);
}

constexpr int kept = 3;    // the descriptor of the child's pipe

// Not left to the libraries whose allocation it was.
void end_without_memory()
{
    on_failed_allocation(nullptr);
    _exit(answer(kept, no_memory, {}) ? 0 : 1);
}

// Lowers a limit; never raises one that is there already.
void lower(__rlimit_resource what, rlim_t soft, rlim_t hard)
{
    rlimit now{};
    if (getrlimit(what, &now) != 0)
        return;
    now.rlim_max = std::min(now.rlim_max, hard);    // RLIM_INFINITY is the largest number
    now.rlim_cur = std::min({now.rlim_cur, now.rlim_max, soft});
    setrlimit(what, &now);
}

// Bytes that this process has mapped.
std::uint64_t address_space()
{
    Descriptor statm = Descriptor::open("/proc/self/statm", O_RDONLY);
    char text[128] = {};
    statm.read(std::as_writable_bytes(std::span(text).first(sizeof text - 1)));
    unsigned long long pages = 0;
    if (std::sscanf(text, "%llu", &pages) != 1)
        throw Error(statm.name(), "not understood");
    return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void set_limits(const ChildLimits& limits)
{
    lower(RLIMIT_CORE, 0, 0);
    // What the child was born with is counted by itself: between a count of the parent's and the fork a thread of some
    // library may start and map its 64 MiB.
    if (children_limit_memory && limits.memory)
        if (const std::uint64_t born_with = address_space(); limits.memory < RLIM_INFINITY - born_with)
            lower(RLIMIT_AS, born_with + limits.memory, RLIM_INFINITY);
    if (limits.cpu > 0) {
        // The timer is exact to the kernel's tick; the limit, in whole seconds, stands behind it, where a library has
        // the timer's signal blocked.
        const double cpu = std::min(limits.cpu, 1e9);
        const auto whole = static_cast<rlim_t>(cpu);
        itimerval timer{};
        timer.it_value.tv_sec = static_cast<time_t>(whole);
        timer.it_value.tv_usec =
            static_cast<suseconds_t>(std::clamp((cpu - double(whole)) * 1e6, whole ? 0.0 : 1.0, 999'999.0));
        std::signal(SIGPROF, SIG_DFL);
        std::signal(SIGXCPU, SIG_DFL);
        setitimer(ITIMER_PROF, &timer, nullptr);
        lower(RLIMIT_CPU, whole + 2, whole + 4);
    }
}

// Moves the pipe to `kept` and closes all others but stderr.
void keep_descriptors(int pipe)
{
    if (const int null = ::open("/dev/null", O_RDWR); null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    if (pipe != kept)
        dup2(pipe, kept);
    fcntl(kept, F_SETFD, FD_CLOEXEC);
    closefrom(kept + 1);
}

[[noreturn]] void be_child(int pipe, pid_t parent, const ChildLimits& limits,
                           const std::function<std::string(std::size_t)>& work, std::size_t slot) noexcept
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)    // it died before
        _exit(1);
    ignore_interrupts();
    keep_descriptors(pipe);
    on_failed_allocation(end_without_memory);
    // A short life on fresh memory: every page is paid for at its first touch, so what was freed is used again rather
    // than given back and fetched anew (a tenth to a third of a small video's time).
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    mallopt(M_TOP_PAD, 1 << 20);
    bool said = false;
    try {
        set_limits(limits);
        const std::string text = work(slot);
        said = text.size() <= limits.result
                   ? answer(kept, result, text)
                   : answer(kept, threw, "a result of " + std::to_string(text.size()) + " bytes");
    } catch (const std::bad_alloc&) {
        said = answer(kept, no_memory, {});
    } catch (const std::exception& e) {
        said = answer(kept, threw, e.what());
    } catch (...) {
        said = answer(kept, threw, "an unknown exception");
    }
    _exit(said ? 0 : 1);
}

// The parent's side.

using Clock = std::chrono::steady_clock;

struct Child {
    pid_t pid = -1;
    Descriptor pipe;
    std::size_t slot = 0;
    double left = 0;         // seconds of wall time; infinite without a limit
    bool stopped = false;    // killed for the wall limit
    std::string data;
};

// The last step of a child that has closed its pipe: it is on its way out, or is sent there.
ChildEnd reap(Child& child)
{
    child.pipe = {};
    ::kill(child.pid, SIGKILL);    // does not change the status of one that is ending
    int status = 0;
    uninterrupted([&] { return waitpid(child.pid, &status, 0); });
    ChildEnd end;
    end.how = ChildEnd::How::crashed;
    if (is_whole(child.data)) {
        if (child.data[0] == result)
            end.how = ChildEnd::How::done;
        else if (child.data[0] == no_memory)
            end.how = ChildEnd::How::out_of_memory;
        child.data.erase(0, header_size);
        end.result = std::move(child.data);
    } else if (child.stopped) {
        end.how = ChildEnd::How::out_of_time;
        end.signal = SIGKILL;
    } else if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGXCPU)) {
        end.how = ChildEnd::How::out_of_time;
        end.signal = SIGXCPU;
    } else if (WIFSIGNALED(status)) {
        end.signal = WTERMSIG(status);
    } else {
        end.result = "ended by itself with status " + std::to_string(WEXITSTATUS(status));
    }
    return end;
}

// The children under way. Destroyed, it leaves none.
class Children
{
  public:
    using Finish = std::function<void(std::size_t slot, ChildEnd)>;

    Children(const ChildLimits& limits, Finish finish) : limits_(limits), finish_(std::move(finish))
    {
        // Where a caller had it ignored, the kernel would throw the children's statuses away.
        struct sigaction standard {
        };
        standard.sa_handler = SIG_DFL;
        sigemptyset(&standard.sa_mask);
        sigaction(SIGCHLD, &standard, &sigchld_before_);
    }
    ~Children()
    {
        for (const Child& child : running_)
            ::kill(child.pid, SIGKILL);
        for (Child& child : running_)
            reap(child);
        sigaction(SIGCHLD, &sigchld_before_, nullptr);
    }
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    std::size_t count() const { return running_.size(); }

    void start(std::size_t slot, const std::function<std::string(std::size_t)>& work)
    {
        running_.reserve(running_.size() + 1);    // nothing may throw between the fork and its record
        for (;;) {
            Pipe pipe = open_pipe("pipe");
            const pid_t parent = getpid(), pid = fork();
            if (pid == 0)
                be_child(pipe.write_end.number(), parent, limits_, work, slot);
            const int failure = errno;
            pipe.write_end = {};    // the child's alone: its end is the end of what can be read
            if (pid > 0) {
                fcntl(pipe.read_end.number(), F_SETFL, O_NONBLOCK);
                Child child;
                child.pid = pid;
                child.pipe = std::move(pipe.read_end);
                child.slot = slot;
                child.left = limits_.wall > 0 ? limits_.wall : HUGE_VAL;
                running_.push_back(std::move(child));
                return;
            }
            // Too many processes, or no memory for one more: those under way give theirs back.
            if (running_.empty() || (failure != EAGAIN && failure != ENOMEM))
                throw Error("fork", errno_reason(failure));
            const std::size_t before = running_.size();
            while (running_.size() == before)
                wait();
        }
    }

    // Until something happens, at most a second; hands on the ends of those that ended.
    void wait()
    {
        double least = 1;
        polled_.clear();
        for (const Child& child : running_) {
            polled_.push_back({child.pipe.number(), POLLIN, 0});
            least = std::min(least, child.left);
        }
        const auto before = Clock::now();
        const int timeout = static_cast<int>(std::ceil(std::max(0.0, least) * 1000));
        const int ready = ::poll(polled_.data(), polled_.size(), timeout);
        if (ready < 0 && errno != EINTR)
            throw Error("poll", errno_reason());
        // More than was asked for means that this process was stopped meanwhile, and its children with it.
        const double passed =
            std::min(std::chrono::duration<double>(Clock::now() - before).count(), timeout / 1000.0 + 0.1);
        for (std::size_t i = running_.size(); i-- > 0;) {
            Child& child = running_[i];
            child.left -= passed;
            const bool ended = ready > 0 && polled_[i].revents != 0 && read(child);
            if (!ended && child.left <= 0 && !child.stopped) {
                ::kill(child.pid, SIGKILL);    // its pipe closes then
                child.stopped = true;
                child.left = HUGE_VAL;
            }
            if (!ended)
                continue;
            const std::size_t slot = child.slot;
            ChildEnd end = reap(child);
            running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
            finish_(slot, std::move(end));
        }
    }

  private:
    const ChildLimits limits_;
    Finish finish_;
    std::vector<Child> running_;
    std::vector<pollfd> polled_;
    std::vector<char> piece_ = std::vector<char>(1 << 18);
    struct sigaction sigchld_before_ {
    };

    // True at the end of what the child has to say.
    bool read(Child& child)
    {
        for (;;) {
            const ssize_t n = uninterrupted([&] { return ::read(child.pipe.number(), piece_.data(), piece_.size()); });
            if (n < 0)
                return errno != EAGAIN;
            if (n == 0)
                return true;
            child.data.append(piece_.data(), static_cast<std::size_t>(n));
            if (child.data.size() < header_size)
                continue;
            if (length_of(child.data) > std::max<std::uint64_t>(limits_.result, 1 << 16) ||
                child.data.size() - header_size > length_of(child.data))
                return true;    // nonsense: whole it will never be
            if (is_whole(child.data))
                child.left = std::min(child.left, 10.0);    // it has nothing more to do than to end
        }
    }
};

}    // namespace

std::size_t slots(int processes) { return 4 * static_cast<std::size_t>(processes > 0 ? processes : processors()); }

// One loop on one thread, with four things to do; which one comes first is what keeps it going. New children before
// anything else, so that no processor waits; then what is finished at the front; then waiting for a child. Ends come in
// any order and wait in their slots, so that they are consumed in the order of production.
void run(int processes, const ChildLimits& limits, const std::function<bool(std::size_t slot)>& produce,
         const std::function<std::string(std::size_t slot)>& work,
         const std::function<void(std::size_t slot, ChildEnd&)>& consume)
{
    // Jobs are numbered; job j sits in slot j % count. consumed <= produced <= consumed + count.
    const std::size_t count = slots(processes), most = count / 4;
    std::vector<ChildEnd> ends(count);
    std::vector<char> done(count, 0);
    Children children(limits, [&](std::size_t slot, ChildEnd end) {
        ends[slot] = std::move(end);
        done[slot] = 1;
    });
    std::size_t produced = 0, consumed = 0;
    bool ended = false;
    std::exception_ptr produce_failure;
    for (;;) {
        if (!ended && !interrupted() && children.count() < most && produced - consumed < count) {
            const std::size_t slot = produced % count;
            bool more = false;
            try {
                more = produce(slot);
            } catch (...) {    // kept: the results before it are still to be consumed
                produce_failure = std::current_exception();
            }
            if (more) {
                children.start(slot, work);
                ++produced;
            } else {
                ended = true;
            }
        } else if (const std::size_t head = consumed % count; consumed < produced && done[head]) {
            done[head] = 0;
            consume(head, ends[head]);
            ends[head] = {};
            ++consumed;
        } else if (consumed < produced) {
            children.wait();
        } else {
            break;
        }
    }
    if (produce_failure)
        std::rethrow_exception(produce_failure);
}

}    // namespace nonna::children
