// SIGINT and SIGTERM: the first asks for a clean end (finish the unit, seal or checkpoint, exit 1), the second ends at
// once. run_tool installs the handler; long loops ask `interrupted()` between units.
#pragma once

namespace nonna
{

void watch_interrupts();
bool interrupted();
void throw_if_interrupted();    // throws Error("interrupted", "..."), status failed
void ignore_interrupts();       // from now on, and forgets one that came: for children, whose parent decides

}    // namespace nonna
