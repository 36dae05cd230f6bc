// Prometheus' text format, as its specification has it.
#include "io/exposition.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace nonna;

BOOST_AUTO_TEST_SUITE(exposition)

BOOST_AUTO_TEST_CASE(lines)
{
    Exposition page;
    page.counter("nonna_things_total", "what there was", 3);
    page.head("nonna_size", "gauge", "of each");
    page.sample("nonna_size", {{"stage", "1"}, {"set", "a \"b\\c\"\n\xff"}}, 0.1);
    page.sample("nonna_size", {{"stage", "2"}}, -std::numeric_limits<double>::infinity());
    BOOST_TEST(page.text() == "# HELP nonna_things_total what there was\n"
                              "# TYPE nonna_things_total counter\n"
                              "nonna_things_total 3\n"
                              "# HELP nonna_size of each\n"
                              "# TYPE nonna_size gauge\n"
                              "nonna_size{stage=\"1\",set=\"a \\\"b\\\\c\\\"\\\\n\\\\xff\"} 0.1\n"
                              "nonna_size{stage=\"2\"} -Inf\n");
}

BOOST_AUTO_TEST_CASE(numbers)
{
    const auto written = [](double value) {
        Exposition page;
        page.sample("n", {}, value);
        return page.text();
    };
    BOOST_TEST(written(100000) == "n 100000\n");
    BOOST_TEST(written(9007199254740991) == "n 9007199254740991\n");
    BOOST_TEST(written(1e300) == "n 1e+300\n");
    BOOST_TEST(written(1.0 / 3) == "n 0.3333333333333333\n");
    BOOST_TEST(written(-std::nan("")) == "n NaN\n");
    BOOST_TEST(written(std::numeric_limits<double>::infinity()) == "n +Inf\n");
}

BOOST_AUTO_TEST_SUITE_END()
