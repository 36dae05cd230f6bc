#include "cli/interface.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

namespace nonna
{

namespace
{

using Kind = Declaration::Kind;

template <class Number> std::string to_text(Number n)
{
    char buffer[64];
    if constexpr (std::is_floating_point_v<Number>)
        if (n == std::trunc(n) && std::abs(n) < 1e7)    // 100000 rather than 1e+05
            return {buffer, std::to_chars(buffer, buffer + sizeof buffer, static_cast<long>(n)).ptr};
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, n).ptr};
}

template <class Number> bool from_text(const std::string& text, Number& n)
{
    auto end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data(), end, n);
    return error == std::errc() && stop == end;
}

std::string quoted(const std::string& text) { return concat({"'", text, "'"}); }

Declaration declare(Kind kind, const std::string& flags, const std::string& metavar, const std::string& help)
{
    Declaration d;
    d.kind = kind;
    d.metavar = metavar;
    d.marked_help = help;
    d.help = replace_all(help, "`", "");
    auto comma = flags.find(',');
    if (comma != std::string::npos)
        d.short_name = flags.substr(0, comma);
    d.long_name = comma == std::string::npos ? flags : flags.substr(comma + 1);
    return d;
}

void store(double& variable, double value) { variable = value; }
void store(std::optional<double>& variable, double value) { variable = value; }

std::vector<std::string> present(double v) { return {to_text(v)}; }
std::vector<std::string> present(const std::optional<double>& v)
{
    return v ? std::vector<std::string>{to_text(*v)} : std::vector<std::string>{};
}

template <class Variable>
Declaration real_number(const std::string& flags, Variable& value, const std::string& metavar, const std::string& help,
                        double least, double most)
{
    Declaration d = declare(Kind::real, flags, metavar, help);
    if (least > -std::numeric_limits<double>::max())
        d.least = to_text(least);
    if (most < std::numeric_limits<double>::max())
        d.most = to_text(most);
    d.values = [&value] { return present(value); };
    d.set = [&value, least, most, range = range_text(d)](const std::string& text) -> std::string {
        double n = 0;
        if (!from_text(text, n) || !std::isfinite(n))
            return quoted(text) + " is not a number";
        if (n < least || n > most)
            return text + " is out of range (" + range + ")";
        store(value, n);
        return {};
    };
    return d;
}

Declaration one_text(const std::string& flags, std::string& value, const std::string& metavar, const std::string& help)
{
    Declaration d = declare(Kind::text, flags, metavar, help);
    d.values = [&value] { return value.empty() ? std::vector<std::string>{} : std::vector<std::string>{value}; };
    d.set = [&value](const std::string& text) -> std::string {
        value = text;
        return {};
    };
    return d;
}

Declaration many_texts(const std::string& flags, std::vector<std::string>& list, const std::string& metavar,
                       const std::string& help)
{
    Declaration d = declare(Kind::text, flags, metavar, help);
    d.repeated = true;
    d.values = [&list] { return list; };
    d.clear = [&list] { list.clear(); };
    d.set = [&list](const std::string& text) -> std::string {
        list.push_back(text);
        return {};
    };
    return d;
}

Declaration truth(const std::string& flags, bool& value, const std::string& help)
{
    Declaration d = declare(Kind::flag, flags, "", help);
    d.values = [&value] { return std::vector<std::string>{value ? "true" : "false"}; };
    d.set = [&value](const std::string& text) -> std::string {
        if (text != "true" && text != "false" && text != "1" && text != "0")
            return quoted(text) + " is neither true nor false";
        value = text == "true" || text == "1";
        return {};
    };
    return d;
}

// Keeps the default's text, and refuses to go on when two declarations share a name: our own mistake, found by any run.
void add(std::vector<Declaration>& declarations, Declaration d)
{
    for (const Declaration& other : declarations)
        if (!d.positional() &&
            (other.long_name == d.long_name || (!d.short_name.empty() && other.short_name == d.short_name)))
            throw Error(d.long_name, "declared twice");
    if (d.kind != Kind::flag)
        for (const std::string& value : d.values())
            d.standard += (d.standard.empty() ? "" : " ") + value;
    declarations.push_back(std::move(d));
}

}    // namespace

std::vector<const Declaration*> Command::State::options() const
{
    std::vector<const Declaration*> found;
    for (const Declaration& d : declarations)
        if (!d.positional())
            found.push_back(&d);
    return found;
}

std::vector<const Declaration*> Command::State::arguments() const
{
    std::vector<const Declaration*> found;
    for (const Declaration& d : declarations)
        if (d.positional())
            found.push_back(&d);
    return found;
}

const Declaration& Command::State::declared(const std::string& option) const
{
    for (const Declaration& d : declarations)
        if (d.long_name == option)
            return d;
    throw Error(option, "not declared");    // our own mistake
}

Common::Common()
{
    add(shown, truth("-h,--help", help, "print this help"));
    add(shown, truth("--version", version, "print the version"));
    add(shown, truth("-q,--quiet", quiet, "print only warnings and errors"));
    add(shown, truth("-v,--verbose", verbose, "print more"));
    add(shown, one_text("--config", config, "FILE", "read options from a configuration file"));
    add(shown, truth("--print-config", print_config, "print the options in force and end"));
    add(hidden, truth("--dump-interface", dump_interface, "print the declarations as JSON"));
    add(hidden, one_text("--dump-manual", dump_manual, "TEMPLATE", "print the manual page"));
    add(hidden, one_text("--dump-completion", dump_completion, "SHELL", "print the completion script"));
}

Command::Command(std::string name, std::string summary) : state_(std::make_unique<State>())
{
    state_->name = std::move(name);
    state_->summary = std::move(summary);
}

Command::~Command() = default;

Command& Command::option(const std::string& flags, std::string& value, const std::string& metavar,
                         const std::string& help)
{
    add(state_->declarations, one_text(flags, value, metavar, help));
    return *this;
}

Command& Command::option(const std::string& flags, std::uint64_t& value, const std::string& metavar,
                         const std::string& help)
{
    Declaration d = declare(Kind::natural, flags, metavar, help);
    d.values = [&value] { return std::vector<std::string>{to_text(value)}; };
    d.set = [&value](const std::string& text) -> std::string {
        std::uint64_t n = 0;
        if (!from_text(text, n))
            return quoted(text) + " is not a whole number from 0 to " +
                   to_text(std::numeric_limits<std::uint64_t>::max());
        value = n;
        return {};
    };
    add(state_->declarations, std::move(d));
    return *this;
}

Command& Command::option(const std::string& flags, double& value, const std::string& metavar, const std::string& help,
                         double least, double most)
{
    add(state_->declarations, real_number(flags, value, metavar, help, least, most));
    return *this;
}

Command& Command::option(const std::string& flags, std::optional<double>& value, const std::string& metavar,
                         const std::string& help, double least, double most)
{
    add(state_->declarations, real_number(flags, value, metavar, help, least, most));
    return *this;
}

Command& Command::option(const std::string& flags, std::vector<std::string>& values, const std::string& metavar,
                         const std::string& help)
{
    add(state_->declarations, many_texts(flags, values, metavar, help));
    return *this;
}

Command& Command::choice(const std::string& flags, std::string& value, const std::vector<std::string>& choices,
                         const std::string& help)
{
    return bind(
        flags, help,
        Choice{choices, [&value] { return value; }, [&value, choices](std::size_t place) { value = choices[place]; }});
}

Command& Command::bind(const std::string& flags, const std::string& metavar, const std::string& help,
                       WholeNumber number)
{
    Declaration d = declare(Kind::integer, flags, metavar, help);
    if (!number.fits)
        throw Error(d.long_name, "its variable's type does not hold its limits");    // our own mistake
    if (number.least != std::numeric_limits<std::int64_t>::min())
        d.least = to_text(number.least);
    if (number.most != std::numeric_limits<std::int64_t>::max())
        d.most = to_text(number.most);
    d.values = [read = number.read] {
        const std::optional<std::int64_t> n = read();
        return n ? std::vector<std::string>{to_text(*n)} : std::vector<std::string>{};
    };
    d.set = [number, range = range_text(d)](const std::string& text) -> std::string {
        std::int64_t n = 0;
        if (!from_text(text, n))
            return quoted(text) + " is not a whole number";
        if (n < number.least || n > number.most)
            return text + " is out of range (" + range + ")";
        number.write(n);
        return {};
    };
    add(state_->declarations, std::move(d));
    return *this;
}

Command& Command::bind(const std::string& flags, const std::string& help, Choice choice)
{
    std::string metavar;
    for (const std::string& name : choice.names)
        metavar += (metavar.empty() ? "" : "|") + name;
    Declaration d = declare(Kind::choice, flags, metavar, help);
    d.choices = choice.names;
    d.values = [read = choice.read] {
        const std::string name = read();
        return name.empty() ? std::vector<std::string>{} : std::vector<std::string>{name};
    };
    d.set = [choice, metavar](const std::string& text) -> std::string {
        const auto found = std::find(choice.names.begin(), choice.names.end(), text);
        if (found == choice.names.end())
            return quoted(text) + " is not one of " + metavar;
        choice.write(std::size_t(found - choice.names.begin()));
        return {};
    };
    add(state_->declarations, std::move(d));
    return *this;
}

Command& Command::flag(const std::string& flags, bool& value, const std::string& help)
{
    add(state_->declarations, truth(flags, value, help));
    return *this;
}

Command& Command::threads(int& value, const std::string& what)
{
    return option("-j,--jobs", value, "N", what + "; 0: one for each processor", 0, 1024);
}

Command& Command::required()
{
    state_->declarations.back().required = true;
    return *this;
}

Command& Command::required_unless(const bool& flag)
{
    state_->declarations.back().unless = &flag;
    return required();
}

Command& Command::architecture(const std::string& flag)
{
    state_->declarations.back().architecture = true;
    state_->declarations.back().architecture_with = flag;
    return *this;
}

Command& Command::group(const std::string& title)
{
    state_->groups.emplace_back(state_->declarations.size(), title);
    return *this;
}

bool Command::given(const std::string& option) const { return state_->declared(option).given; }

std::string Command::given_in(const std::string& group) const
{
    const auto& groups = state_->groups;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const std::size_t end = g + 1 < groups.size() ? groups[g + 1].first : state_->declarations.size();
        for (std::size_t i = groups[g].first; groups[g].second == group && i < end; ++i)
            if (state_->declarations[i].given)
                return state_->declarations[i].long_name;
    }
    return {};
}

void Command::needs(const std::vector<std::string>& options, const std::string& other) const
{
    const Declaration& needed = state_->declared(other);
    for (const std::string& option : options)
        if (given(option) && !needed.given)
            usage_error(option, "does nothing without " + other + (needed.metavar.empty() ? "" : " " + needed.metavar));
}

std::vector<std::string> Command::words(const std::vector<std::string>& options) const
{
    std::vector<std::string> words;
    for (const std::string& option : options) {
        const Declaration& d = state_->declared(option);
        for (const std::string& value : d.values()) {
            if (d.kind != Kind::flag)
                words.insert(words.end(), {option, value});
            else if (value == "true")
                words.push_back(option);
        }
    }
    return words;
}

Command& Command::positional(const std::string& metavar, std::string& value, const std::string& help)
{
    Declaration d = one_text("", value, metavar, help);
    d.required = true;
    d.fewest = 1;
    add(state_->declarations, std::move(d));
    return *this;
}

Command& Command::positional(const std::string& metavar, std::vector<std::string>& values, const std::string& help,
                             std::size_t least)
{
    Declaration d = many_texts("", values, metavar, help);
    d.required = least > 0;
    d.fewest = least;
    add(state_->declarations, std::move(d));
    return *this;
}

Command& Command::subcommand(const std::string& name, const std::string& summary, std::function<ExitStatus()> action)
{
    state_->jobs.push_back(std::make_unique<Command>(name, summary));
    state_->jobs.back()->state().action = std::move(action);
    return *state_->jobs.back();
}

Command& Command::starts(std::vector<StartedProgram> programs, std::vector<std::string>& words)
{
    state_->programs = std::move(programs);
    state_->start = &words;
    return *this;
}

}    // namespace nonna
