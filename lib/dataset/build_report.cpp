#include "dataset/build_report.h"

#include "base/log.h"
#include "io/exposition.h"
#include "io/output.h"

#include <charconv>
#include <chrono>
#include <filesystem>
#include <sstream>

namespace nonna
{

namespace
{

constexpr const char* last_success = "nonna_dataset_build_last_success_timestamp_seconds";
constexpr std::size_t most_bytes = 1 << 20;    // of a file before

// None where the file before does not say.
std::optional<double> success_before(const std::string& textfile)
{
    std::error_code none;
    if (!std::filesystem::exists(textfile, none))
        return std::nullopt;
    std::istringstream lines(read_whole_file(textfile, most_bytes));
    const std::string begin = std::string(last_success) + "{";
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(begin)) {
            double value = 0;
            const std::size_t at = line.rfind(' ') + 1;
            const auto parsed = std::from_chars(line.data() + at, line.data() + line.size(), value);
            if (parsed.ec == std::errc())
                return value;
        }
    return std::nullopt;
}

std::string page_of(const BuildReport& report, const std::string& folder, ExitStatus status, double seconds,
                    const std::optional<double>& success)
{
    const std::string set = std::filesystem::absolute(folder).lexically_normal().string();
    Exposition page;
    const auto gauge = [&](const char* name, const char* help, double value) {
        page.gauge(name, help, value, {{"set", set}});
    };
    const auto by = [&](const char* name, const char* label, const char* value, std::uint64_t number) {
        page.sample(name, {{"set", set}, {label, value}}, double(number));
    };
    gauge("nonna_dataset_build_exit_status", "of the last run; 0 and 3 are successes", int(status));
    gauge("nonna_dataset_build_duration_seconds", "of the last run", seconds);
    gauge("nonna_dataset_build_last_run_timestamp_seconds", "when the last run ended", unix_seconds());
    if (success)
        gauge(last_success, "when the last run ended that was a success", *success);
    if (report.run) {
        const BuildReport::Run& run = *report.run;
        const char* name = "nonna_dataset_build_sources";
        page.head(name, "gauge", "that were offered to the last run, by what became of them");
        by(name, "result", "ok", run.decided.ok);
        by(name, "result", "rejected", run.decided.rejected);
        by(name, "result", "failed", run.decided.failed);
        by(name, "result", "left", run.left);
        by(name, "result", "known", run.offered - run.left - run.decided.all());
    }
    if (report.set) {
        const char* name = "nonna_dataset_units";
        page.head(name, "gauge", "of the set, by status");
        by(name, "status", "ok", report.set->units.ok);
        by(name, "status", "rejected", report.set->units.rejected);
        by(name, "status", "failed", report.set->units.failed);
        gauge("nonna_dataset_pictures", "of the set", double(report.set->pictures));
        gauge("nonna_dataset_bytes", "of the set's shards", double(report.set->bytes));
    }
    return page.text();
}

}    // namespace

ExitStatus reported_build(const std::string& textfile, const std::string& folder,
                          const std::function<ExitStatus(BuildReport&)>& run)
{
    using Clock = std::chrono::steady_clock;
    BuildReport report;
    if (textfile.empty())
        return run(report);
    if (!textfile.ends_with(".prom"))
        throw Error("--textfile", "node_exporter reads only files whose names end in .prom", ExitStatus::usage);
    const Clock::time_point began = Clock::now();
    const auto write = [&](ExitStatus status) {
        const bool success = status == ExitStatus::done || status == ExitStatus::skipped;
        const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
        write_whole_file(textfile, page_of(report, folder, status, seconds,
                                           success ? std::optional(unix_seconds()) : success_before(textfile)));
    };
    const auto write_of_failure = [&](ExitStatus status) {
        try {
            write(status);
        } catch (const Error& e) {    // the run's own failure is what counts
            warn(e.subject(), e.reason());
        }
    };
    ExitStatus status;
    try {
        status = run(report);
    } catch (const Error& e) {
        write_of_failure(e.status());
        throw;
    } catch (...) {
        write_of_failure(ExitStatus::failed);
        throw;
    }
    write(status);
    return status;
}

}    // namespace nonna
