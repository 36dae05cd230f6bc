#include "base/names.h"

#include <boost/test/unit_test.hpp>

namespace
{

enum class Colour { red = 3, green = 7, blue = 1, unnamed = 9 };
enum class Bare { one };

}    // namespace

template <>
inline constexpr auto nonna::names_of<Colour> = nonna::names<Colour>({
    {Colour::red, "red"},
    {Colour::green, "grass-green"},
    {Colour::blue, "blue"},
});

using namespace nonna;

BOOST_AUTO_TEST_SUITE(enum_names)

BOOST_AUTO_TEST_CASE(a_table_is_looked_up_both_ways)
{
    for (const auto& [value, name] : names_of<Colour>) {
        BOOST_TEST(name_of(value) == name);
        BOOST_TEST((value_named<Colour>(name) == value));
    }
    for (const char* name : {"", "Red", "red ", "grass", "unnamed"})
        BOOST_TEST(!value_named<Colour>(name));
    BOOST_CHECK_THROW(name_of(Colour::unnamed), std::logic_error);
    static_assert(name_of(Colour::green) == std::string_view("grass-green"));
}

BOOST_AUTO_TEST_CASE(choices_are_told_in_the_tables_order)
{
    BOOST_TEST(any_name_of<Colour>() == "red, grass-green or blue");
    static_assert(Named<Colour> && !Named<Bare> && !Named<int>);
}

BOOST_AUTO_TEST_SUITE_END()
