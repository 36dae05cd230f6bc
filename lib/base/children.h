// Work that may crash, hang or eat all memory, each piece in a child process of its own, under limits; results in
// order.
//
// Model to hold in mind: the caller's thread runs one poll() loop and forks once a job. The job reaches the child by
// fork's copy of memory; what `work` returns comes back through a pipe, with its length before it, so half a result
// counts as no result. A child that crashes, runs out of a limit or calls exit() costs its own job only, and the next
// job's child starts from the parent's clean memory.
//
// Fork is safe here because the parent has one thread while in_order_children runs: create no threads (Pool, in_order,
// libraries' pools) before or during it, and leave libav and OpenCV alone in the parent, so that no lock of theirs can
// be held at the moment of a fork. They may be loaded, and the child may do what it likes, threads included.
//
// The child: has /dev/null as standard input and output, the parent's stderr, and no other descriptor of the parent's
// (so it keeps no lock and no pipe open; `work` opens what it reads); dies with its parent (PR_SET_PDEATHSIG); leaves
// by _exit, so nothing of the parent's is flushed or destroyed twice; writes no core. It ignores SIGINT and SIGTERM:
// the terminal sends Ctrl-C to the whole group, and the first one lets units under way finish. A second one ends the
// parent, and the children with it.
//
// After interrupted() no job is produced any more; those under way are consumed, then the call returns. An exception of
// `produce` is rethrown after the results before it were consumed; one of `consume` at once. However the call ends, no
// child is left, alive or as a zombie.
//
// Memory: the first allocation that fails ends the child. Libraries would answer it in ways of their own, and some call
// a file damaged when it was memory that ran out.
// Sanitizers reserve terabytes of address space: in builds with the address or thread sanitizer `memory` has no effect
// (children_limit_memory is false) and only std::bad_alloc out of `work` counts as out of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace nonna
{

struct ChildLimits {
    std::uint64_t memory = std::uint64_t(2) << 30;    // bytes of address space that the child may add to what the
                                                      // parent had at the fork; 0: no limit
    double cpu = 300;                                 // seconds of processor time, of all its threads; 0: no limit
    double wall = 600;    // seconds, counted only while the parent waits, not while it consumes or is stopped; 0: none
    std::uint64_t result = std::uint64_t(1) << 30;    // bytes; a larger result is a crash
};

struct ChildEnd {
    enum class How {
        done,             // `result` is what `work` returned
        crashed,          // by `signal`; 0: `work` threw (`result` is what it said), or the process ended by itself
        out_of_memory,    // an allocation failed, in whatever library: the child ends there and then
        out_of_time,      // `signal` SIGXCPU: processor time; SIGKILL: wall time
    };
    How how = How::done;
    int signal = 0;
    std::string result;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool children_limit_memory = false;
#else
inline constexpr bool children_limit_memory = true;
#endif

// One child a job, at most `processes` at a time (0: one for each processor). `produce` fills a job (a fresh Job{} each
// time) until it returns false, and `consume` gets the ends in the order of production, both on the calling thread; at
// most 4 * processes jobs are under way (steady memory). `consume` sees the job as it was produced: what `work` does
// to it stays in the child.
template <class Job>
void in_order_children(int processes, const ChildLimits& limits, const std::function<bool(Job&)>& produce,
                       const std::function<std::string(Job&)>& work,
                       const std::function<void(Job&, ChildEnd&)>& consume);

// The typed face of in_order_children: jobs live in a ring of slots, the scheduling (children.cpp) sees numbers.
namespace children
{

std::size_t slots(int processes);
void run(int processes, const ChildLimits& limits, const std::function<bool(std::size_t slot)>& produce,
         const std::function<std::string(std::size_t slot)>& work,
         const std::function<void(std::size_t slot, ChildEnd&)>& consume);

}    // namespace children

template <class Job>
void in_order_children(int processes, const ChildLimits& limits, const std::function<bool(Job&)>& produce,
                       const std::function<std::string(Job&)>& work,
                       const std::function<void(Job&, ChildEnd&)>& consume)
{
    std::vector<Job> jobs(children::slots(processes));
    children::run(
        processes, limits,
        [&](std::size_t i) {
            jobs[i] = Job{};
            return produce(jobs[i]);
        },
        [&](std::size_t i) { return work(jobs[i]); },
        [&](std::size_t i, ChildEnd& end) {
            consume(jobs[i], end);
            jobs[i] = Job{};
        });
}

}    // namespace nonna
