// The names of an enum's values, told once: one table beside the enum serves whoever parses, prints or lists them.
//
//     enum class Schedule { joint, stagewise, greedy };
//     template <>
//     inline constexpr auto names_of<Schedule> = names<Schedule>({
//         {Schedule::joint, "joint"},
//         {Schedule::stagewise, "stagewise"},
//         {Schedule::greedy, "greedy"},
//     });
//
// Every value has one name, and no two have the same: a table of which that is not true does not compile. People are
// told them in the table's order. Command::choice (cli/run_tool.h) binds an option to any enum that has a table. Where
// names are written into files they stay as they are: files hold them for good.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace nonna
{

template <class Enum> struct Name {
    Enum value;
    const char* name;
};

template <class Enum, std::size_t N> consteval std::array<Name<Enum>, N> names(const Name<Enum> (&rows)[N])
{
    for (std::size_t i = 0; i < N; ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (rows[i].value == rows[k].value || std::string_view(rows[i].name) == rows[k].name)
                throw std::logic_error("told twice");
    return std::to_array(rows);
}

template <class Enum> inline constexpr std::array<Name<Enum>, 0> names_of = {};

template <class Enum> inline constexpr bool has_names = std::is_enum_v<Enum> && !names_of<Enum>.empty();

template <class Enum>
concept Named = has_names<Enum>;

// std::logic_error for a value without a name: our own bug.
template <Named Enum> constexpr const char* name_of(Enum value)
{
    for (const Name<Enum>& row : names_of<Enum>)
        if (row.value == value)
            return row.name;
    throw std::logic_error("an enum's value without a name");
}

template <Named Enum> constexpr std::optional<Enum> value_named(std::string_view name)
{
    for (const Name<Enum>& row : names_of<Enum>)
        if (row.name == name)
            return row.value;
    return std::nullopt;
}

// "joint, stagewise or greedy": for messages.
template <Named Enum> std::string any_name_of()
{
    std::string text;
    for (std::size_t i = 0; i < names_of<Enum>.size(); ++i) {
        if (i > 0)
            text += i + 1 < names_of<Enum>.size() ? ", " : " or ";
        text += names_of<Enum>[i].name;
    }
    return text;
}

}    // namespace nonna
