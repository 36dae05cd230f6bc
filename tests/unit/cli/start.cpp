#include "cli/start.h"

#include "cli/interface.h"

#include <boost/test/unit_test.hpp>

using namespace nonna;

using Words = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(starting_programs)

BOOST_AUTO_TEST_CASE(programs_are_found)
{
    BOOST_TEST(find_program("sh").ends_with("/sh"));
    BOOST_TEST(find_program("nonna-no-such-program") == "");
}

BOOST_AUTO_TEST_CASE(arguments_are_left_as_they_are)
{
    Words words;
    Command command("nonna", "starts others");
    command.starts({{"nonna-probe", "Probe things"}}, words);
    auto given = [&](Words line) {
        Common common;
        line.insert(line.begin(), "nonna");
        std::vector<char*> argv;
        for (std::string& word : line)
            argv.push_back(word.data());
        const Parsed parsed = parse_command_line(int(argv.size()), argv.data(), command.state(), common);
        apply_values(command.state(), parsed, common.config, true);
        return common.verbose;
    };
    BOOST_TEST(given({"-v", "probe", "-v", "--", "--x=", "[a,b]", ""}));
    BOOST_TEST((words == Words{"probe", "-v", "--", "--x=", "[a,b]", ""}));
    BOOST_TEST(!given({"probe", "--verbose", "--no-such"}));
    BOOST_TEST((words == Words{"probe", "--verbose", "--no-such"}));
    given({});
    BOOST_TEST(words.empty());
    BOOST_CHECK_THROW(given({"--no-such", "probe"}), Error);
}

BOOST_AUTO_TEST_SUITE_END()
