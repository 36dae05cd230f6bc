// A set of programs started, watched and stopped together, for people at a keyboard: no scheduler.
//
// Model to hold in mind: workers do the job and end; servers serve them until they have. One that is killed by a signal
// is started again, unless it dies over and over; one that fails ends the set. What they say on stderr comes out as one
// log, each line with its program's name before it. The first SIGINT, SIGTERM or SIGHUP stops the workers, and when
// they have ended the servers; so does a worker that says it was interrupted. Each program is its own process group, so
// that a terminal's Ctrl-C reaches the caller alone, and gets SIGTERM when the caller dies.
//
// The caller forks: it must have no threads. Not thread-safe.
#pragma once

#include <string>
#include <vector>

namespace nonna
{

struct Program {
    std::string name;                      // in the log: "server 0"
    std::vector<std::string> arguments;    // the first is the program: a path
    std::vector<std::string> again;        // more of them where it is started again
    bool server = false;
};

// Starts all, and returns when all have ended: before the servers are stopped `finally` is run, once every worker has
// ended with status 0. Error (failed) naming the program that failed, or Error("interrupted") of that status.
void supervise(const std::vector<Program>& programs, const Program* finally);

// The program `name` that lies beside this one, else as the PATH has it.
std::string sibling(const std::string& name);

}    // namespace nonna
