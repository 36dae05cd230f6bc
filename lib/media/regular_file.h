// Opening what is to be decoded: a regular file with something in it, and nothing else. A FIFO, a socket or a device
// could keep a program waiting for ever, or do something when it is opened.
#pragma once

#include "base/descriptor.h"

#include <string>

namespace nonna
{

Descriptor open_regular(const std::string& path);    // Refusal: unreadable, not_regular, empty. Never waits

}    // namespace nonna
