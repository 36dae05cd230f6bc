#include "media/reason.h"

#include <boost/test/unit_test.hpp>

#include <cctype>
#include <fstream>
#include <set>
#include <string>
#include <vector>

using namespace nonna;

BOOST_AUTO_TEST_SUITE(reasons)

BOOST_AUTO_TEST_CASE(codes_are_words_and_apart)
{
    std::set<std::string> codes, texts;
    for (const Reason reason : all_reasons()) {
        const std::string code = reason_code(reason), text = reason_text(reason);
        BOOST_CHECK_MESSAGE(code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == code.npos, code);
        BOOST_CHECK(is_reason_code(code));
        BOOST_CHECK(!text.empty() && !std::isupper(static_cast<unsigned char>(text[0])) && text.back() != '.');
        codes.insert(code);
        texts.insert(text);
    }
    BOOST_CHECK_EQUAL(codes.size(), all_reasons().size());
    BOOST_CHECK_EQUAL(texts.size(), all_reasons().size());
    BOOST_CHECK(!is_reason_code("") && !is_reason_code("truncate"));
}

BOOST_AUTO_TEST_CASE(errors_that_are_no_refusals_are_system_calls)
{
    BOOST_CHECK(reason_of(Error("a", "input/output error")) == Reason::unreadable);
    BOOST_CHECK(reason_of(Refusal("a", Reason::encrypted)) == Reason::encrypted);
    BOOST_CHECK_EQUAL(Refusal("a", Reason::encrypted).reason(), "encrypted");
    BOOST_CHECK_EQUAL(skipped_text(Refusal("a", Reason::too_large, "9x9 is too much")),
                      "9x9 is too much [too_large], skipped");
}

// The manual's list is this table, in this order.
BOOST_AUTO_TEST_CASE(the_manual_lists_them_all)
{
    std::ifstream page(NONNA_SOURCE_DIR "/man/nonna-frames.1.in");
    BOOST_REQUIRE(page.is_open());
    std::vector<std::string> listed, known;
    bool in_section = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with(".Ss ") || line.starts_with(".Sh "))
            in_section = line == ".Ss Reasons";
        if (in_section && line.starts_with(".It Cm "))
            listed.push_back(line.substr(7));
    }
    for (const Reason reason : all_reasons())
        known.push_back(reason_code(reason));
    BOOST_CHECK_EQUAL_COLLECTIONS(listed.begin(), listed.end(), known.begin(), known.end());
}

BOOST_AUTO_TEST_SUITE_END()
