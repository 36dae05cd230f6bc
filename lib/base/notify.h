// systemd's notification protocol, sd_notify(3), for services of Type=notify: one datagram to the socket that
// NOTIFY_SOCKET names, nothing where it is unset. Its library would load six others.
#pragma once

#include <string>

namespace nonna
{

void notify_manager(const std::string& state);    // "READY=1", "STOPPING=1"

}    // namespace nonna
