// The same said of many: one line with a count in place of one line each. With --verbose each has its line as well.
//
// Model to hold in mind: a count is of one reason, for which inputs are passed over or fall short. `add` keeps the
// first and counts; `tell`, at the end of the job, says it: of a single input by its own line, of several how many they
// are. One thread at a time.
#pragma once

#include <cstddef>
#include <string>

namespace nonna
{

class Counted
{
  public:
    enum class Kind { note, warning };    // a note is not said with --quiet

    // "SUBJECT: 58 WHAT (-v names them)" of several; "ITEM: REASON" of one.
    Counted(Kind kind, std::string subject, std::string what)
        : kind_(kind), subject_(std::move(subject)), what_(std::move(what))
    {
    }
    void add(const std::string& item, const std::string& reason);
    std::size_t count() const { return count_; }
    void tell() const;

  private:
    Kind kind_;
    std::string subject_, what_, first_item_, first_reason_;
    std::size_t count_ = 0;
};

}    // namespace nonna
