// Expected failures: one exception type, six exit statuses.
//
// Model to hold in mind: a failure has a *subject* (the file, option or peer it is about) and a *reason*. It is
// thrown where it is discovered and caught once, by cli/run_tool, which prints "tool: subject: reason" and ends the
// process with `status`. Kernels return values instead; `assert` is for our own bugs, never for bytes from outside.
#pragma once

#include <exception>
#include <string>

namespace nonna
{

// The only exit statuses a nonna program ends with (documented in nonna(7)).
enum class ExitStatus : int {
    done = 0,            // everything was done
    failed = 1,          // the job failed; nothing half written was left behind
    usage = 2,           // wrong usage; nothing was touched
    skipped = 3,         // done, but some inputs were skipped, each named on stderr
    peer_lost = 4,       // a peer was lost or unreachable; retrying is sensible
    locked = 5,          // another run holds the lock
    interrupted = 75,    // stopped by a signal, and the same command goes on from there (EX_TEMPFAIL of sysexits.h)
};

class Error : public std::exception
{
  public:
    Error(std::string subject, std::string reason, ExitStatus status = ExitStatus::failed);

    const std::string& subject() const { return subject_; }
    const std::string& reason() const { return reason_; }
    ExitStatus status() const { return status_; }
    const char* what() const noexcept override { return message_.c_str(); }    // "subject: reason"

  private:
    std::string subject_, reason_, message_;
    ExitStatus status_;
};

// The reason of the last failed system call, as strerror(errno) gives it, lower case first letter; or of another errno.
std::string errno_reason();
std::string errno_reason(int number);

}    // namespace nonna
