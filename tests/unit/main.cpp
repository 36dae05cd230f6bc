#define BOOST_TEST_MODULE nonna
#include <boost/test/unit_test.hpp>
