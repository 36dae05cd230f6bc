#include "base/nearest.h"
#include "base/shown_text.h"
#include "base/utf8.h"

#include <boost/test/unit_test.hpp>

using namespace nonna;

using Words = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(slips_of_the_hand)
{
    const Words programs{"train", "respond", "report", "reproduce", "sweep", "info", "init", "stimulus"};
    BOOST_TEST(nearest("train", programs) == "train");
    BOOST_TEST(nearest("trian", programs) == "train");         // two letters exchanged
    BOOST_TEST(nearest("tran", programs) == "train");          // one missing
    BOOST_TEST(nearest("strain", programs) == "train");        // one too many
    BOOST_TEST(nearest("repord", programs) == "report");       // one wrong: respond is two slips away
    BOOST_TEST(nearest("stimlsu", programs) == "stimulus");    // two in seven letters
    BOOST_TEST(nearest("st", programs) == "stimulus");         // its beginning
    BOOST_TEST(nearest("s", programs) == "");
    BOOST_TEST(nearest("xnit", programs) == "init");
    BOOST_TEST(nearest("tarin", programs) == "train");
    BOOST_TEST(nearest("track", programs) == "");    // two slips in five letters
    BOOST_TEST(nearest("", programs) == "");
    BOOST_TEST(nearest("train", {}) == "");
}

BOOST_AUTO_TEST_CASE(shown_never_obeyed)
{
    const std::pair<std::string, std::string> shown[] = {
        {"a b/caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "a b/caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\033]0;owned\a\033[2J", "\\u001b]0;owned\\u0007\\u001b[2J"},
        {"a\tb\nc\rd\x7f", "a\\tb\\nc\\rd\\u007f"},
        {std::string("\0", 1), "\\u0000"},
        {"\xc2\x9b\x33\x31m", "\\u009b31m"},                      // C1 in UTF-8
        {"\x9b\x33\x31m", "\\x9b31m"},                            // and as a byte
        {"\xe2\x80\xaegpj.exe", "\\u202egpj.exe"},                // written from the right
        {"\xe2\x80\xa8", "\\u2028"},                              // a line end
        {"\xc0\x9b\xed\xa0\x80", "\\xc0\\x9b\\xed\\xa0\\x80"},    // longer than it must be; half of a pair
        {"caf\xe9", "caf\\xe9"},
        {"\xf0\x9f\x98", "\\xf0\\x9f\\x98"},    // cut
        {"", ""},
    };
    for (const auto& [text, expected] : shown)
        BOOST_TEST(shown_text(text) == expected);
    BOOST_TEST(shown_text("a\tb\n\033", "\t\n") == "a\tb\n\\u001b");
}

BOOST_AUTO_TEST_CASE(marks_and_bytes)
{
    BOOST_TEST(without_mark("\xef\xbb\xbfkey") == "key");
    BOOST_TEST(without_mark("key\xef\xbb\xbf") == "key\xef\xbb\xbf");
    BOOST_TEST(without_mark("\xef\xbb") == "\xef\xbb");
    BOOST_TEST(is_utf8("caf\xc3\xa9"));
    BOOST_TEST(is_utf8(""));
    BOOST_TEST(!is_utf8("caf\xe9"));
    BOOST_TEST(!is_utf8("\xf4\x90\x80\x80"));    // beyond the last character
}

BOOST_AUTO_TEST_SUITE_END()
