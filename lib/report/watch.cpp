#include "report/watch.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "io/output.h"
#include "report/html.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <poll.h>

namespace nonna
{

namespace
{

namespace fs = std::filesystem;

using Clock = std::chrono::steady_clock;

// Size and time of change of each file; of a folder nothing but that it is there.
using Traces = std::map<std::string, std::pair<std::uintmax_t, std::int64_t>>;

void add_traces(Traces& traces, const fs::path& folder, const fs::path& page, bool below)
{
    std::error_code failure;
    for (fs::directory_iterator i(folder, failure), end; !failure && i != end; i.increment(failure)) {
        const fs::path& path = i->path();
        std::error_code gone;    // meanwhile: then it has no trace
        if (path.filename().string().starts_with(".") || fs::equivalent(path, page, gone))
            continue;
        if (fs::is_directory(path, gone)) {
            traces[path] = {};
            if (below)
                add_traces(traces, path, page, false);
            continue;
        }
        const std::uintmax_t size = fs::file_size(path, gone);
        if (gone)
            continue;
        const auto changed = fs::last_write_time(path, gone).time_since_epoch();
        traces[path] = {size, std::chrono::duration_cast<std::chrono::nanoseconds>(changed).count()};
    }
}

// A signal that comes before the call is not lost for longer than a slice.
bool wait_for_interrupt(double seconds)
{
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    while (!interrupted()) {
        const double left = std::chrono::duration<double>(end - Clock::now()).count();
        if (left <= 0)
            return true;
        ::poll(nullptr, 0, int(std::ceil(1000 * std::min(left, 0.05))));
    }
    return false;
}

// A folder that is being watched.
class Watched
{
  public:
    explicit Watched(const WatchOptions& options) : options_(options) {}

    // Writes the page where the folder is not as it was.
    void look()
    {
        Traces now = traces();
        if (seen_ == now)
            return;
        seen_ = std::move(now);
        fresh_ = false;
        try {
            make();
        } catch (const Error& e) {
            complain(e.what());
        } catch (const fs::filesystem_error& e) {    // a file that was there a moment ago
            complain(e.path1().lexically_normal().string() + ": " + errno_reason(e.code().value()));
        }
        if (fresh_)
            write_whole_file(options_.page, reloading(shown_.html, std::max(1, int(std::ceil(options_.every)))));
    }

    Report last()
    {
        if (!fresh_ || seen_ != traces())
            try {
                make();
            } catch (...) {
                end_page();
                throw;
            }
        end_page();
        return shown_;
    }

  private:
    const WatchOptions& options_;
    std::optional<Traces> seen_;
    Report shown_;          // the last that had something to show
    bool fresh_ = false;    // it is of the folder as it was seen
    std::string complaint_;

    void make()
    {
        Report report = options_.make();
        if (report.html.empty())
            return complain(options_.folder + ": nothing to show yet");
        complaint_.clear();
        shown_ = std::move(report);
        fresh_ = true;
    }

    // Each of them once; not where gnuplot, say, was sent the signal that ends all this: there is a last time.
    void complain(const std::string& what)
    {
        if (!interrupted() && std::exchange(complaint_, what) != what)
            say(what + "; waiting");
    }

    void end_page() const
    {
        if (!shown_.html.empty())
            write_whole_file(options_.page, shown_.html);
    }

    Traces traces() const
    {
        Traces traces;
        add_traces(traces, options_.folder, options_.page, true);
        return traces;
    }
};

}    // namespace

Report watch_folder(const WatchOptions& options)
{
    if (std::error_code failure; !fs::is_directory(options.folder, failure))
        return options.make();    // whose Error says what it is
    Watched watched(options);
    do
        watched.look();
    while (options.wait ? options.wait(options.every) : wait_for_interrupt(options.every));
    return watched.last();
}

}    // namespace nonna
