// Boost.Test's main for all unit tests, written out, so that it stands on the same precompiled header as the tests.
#include <boost/test/unit_test.hpp>

static bool begin()
{
    boost::unit_test::framework::master_test_suite().p_name.value = "nonna";
    return true;
}

int main(int argc, char* argv[]) { return boost::unit_test::unit_test_main(begin, argc, argv); }
