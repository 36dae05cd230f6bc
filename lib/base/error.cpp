#include "base/error.h"

#include <cctype>
#include <cerrno>
#include <cstring>

namespace nonna
{

Error::Error(std::string subject, std::string reason, ExitStatus status)
    : subject_(std::move(subject)), reason_(std::move(reason)), message_(subject_ + ": " + reason_), status_(status)
{
}

std::string errno_reason() { return errno_reason(errno); }

std::string errno_reason(int number)
{
    const char* text = strerrordesc_np(number);    // never translated, unlike strerror
    if (!text)
        return "system error " + std::to_string(number);
    std::string reason = text;
    if (reason.size() > 1 && std::islower(static_cast<unsigned char>(reason[1])))    // "RPC ..." stays
        reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
    return reason;
}

}    // namespace nonna
