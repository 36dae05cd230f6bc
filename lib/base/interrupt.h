// SIGINT, SIGTERM and SIGHUP: the first asks for a clean end (finish the unit, seal or checkpoint, exit). A second
// SIGINT, from somebody at a keyboard, ends at once; SIGTERM and SIGHUP that come again change nothing, as schedulers
// send them twice and must not cut off the checkpoint that the first one asked for. So whatever may wait for ever, for
// a pipe or a peer, has to ask `interrupted()` while it waits. run_tool installs the handler; long loops ask between
// units.
//
// Where what was done is kept, so that the same command goes on from there, an interrupt ends the program with a status
// of its own (ExitStatus::interrupted), by which a scheduler tells it from failure. Who has begun such work says so.
#pragma once

#include "base/error.h"

namespace nonna
{

void watch_interrupts();
bool interrupted();
void throw_if_interrupted();     // throws Error("interrupted", "..."), with the status below
void interrupts_can_resume();    // from now on that status is `interrupted`; before, `failed`
ExitStatus status_of_interrupt();
void ignore_interrupts();    // from now on, and forgets one that came: for children, whose parent decides

}    // namespace nonna
