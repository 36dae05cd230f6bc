#include "base/counted.h"

#include "base/log.h"

namespace nonna
{

void Counted::add(const std::string& item, const std::string& reason)
{
    if (count_++ == 0) {
        first_item_ = item;
        first_reason_ = reason;
    }
    detail(item + ": " + reason);
}

void Counted::tell() const
{
    const auto line = [&](const std::string& subject, const std::string& text) {
        if (kind_ == Kind::warning)
            warn(subject, text);
        else
            say(subject + ": " + text);
    };
    const bool named = verbosity() == Verbosity::verbose;
    if (count_ == 1 && !named)
        line(first_item_, first_reason_);
    else if (count_ > 1)
        line(subject_, std::to_string(count_) + " " + what_ + (named ? "" : " (-v names them)"));
}

}    // namespace nonna
