// A folder's page while the folder fills: made anew when something in it has changed.
//
// Model to hold in mind: every `every` seconds the folder and its sub-folders are looked at, their files' names, sizes
// and times of change, but not the page itself; when one of these differs from what the page shows, the page is written
// again, complete or not at all. While it is watched it loads itself again in the browser. A folder in which there is
// nothing to show yet is waited for. What is broken at the moment, say a table whose companion is not yet there, is
// named once, and the page before it stays.
//
// The first SIGINT, SIGTERM or SIGHUP ends this: the page is written a last time as it then is, without loading itself
// again, and that is success, also where nothing came. Error where the last page cannot be made or written; the one
// before it then loads itself no more.
#pragma once

#include "report/report.h"

#include <functional>
#include <string>

namespace nonna
{

struct WatchOptions {
    std::string folder, page;
    double every = 10;                   // seconds
    std::function<Report()> make;        // of the folder as it is now; no html: nothing to show yet
    std::function<bool(double)> wait;    // so many seconds; false: it is to end. Without one: until an interrupt
};

// The last report; its table is empty where there was none.
Report watch_folder(const WatchOptions& options);

}    // namespace nonna
