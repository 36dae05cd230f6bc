#include "io/json_check.h"

#include "base/error.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace nonna
{

namespace
{

using Json = nlohmann::json;

// Events of the parser, which builds nothing: however deep or long a text is, it costs no more than the keys of the
// objects that are open.
struct Checker : Json::json_sax_t {
    std::vector<std::set<std::string>> objects;
    std::size_t depth = 0;
    std::string reason;

    bool fail(std::string why)
    {
        reason = std::move(why);
        return false;
    }
    // Only an object may stand at the top.
    bool value() { return depth > 0 || fail("not a json object"); }
    bool enter() { return ++depth <= 16 || fail("json nested too deeply"); }

    bool null() override { return value(); }
    bool boolean(bool) override { return value(); }
    bool number_integer(number_integer_t) override { return value(); }
    bool number_unsigned(number_unsigned_t) override { return value(); }
    bool number_float(number_float_t, const string_t&) override { return value(); }
    bool string(string_t&) override { return value(); }
    bool binary(binary_t&) override { return value(); }
    bool start_object(std::size_t) override
    {
        objects.emplace_back();
        return enter();
    }
    bool key(string_t& name) override
    {
        return objects.back().insert(name).second || fail("key '" + name + "' occurs twice");
    }
    bool end_object() override
    {
        objects.pop_back();
        --depth;
        return true;
    }
    bool start_array(std::size_t) override { return value() && enter(); }
    bool end_array() override
    {
        --depth;
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override
    {
        return fail("malformed json at byte " + std::to_string(position));
    }
};

}    // namespace

void check_json_object(std::string_view text, const std::string& subject, const std::string& what)
{
    Checker checker;
    if (!Json::sax_parse(text.begin(), text.end(), &checker))
        throw Error(subject, (what.empty() ? "" : what + ": ") + checker.reason);
}

}    // namespace nonna
