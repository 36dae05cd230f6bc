#include "../files.h"
#include "cli/interface.h"

using namespace nonna;

namespace
{

// A program with two jobs and options of every kind that a page sets in its own way.
struct Jobs {
    std::string frame, out, detector = "face";
    std::vector<std::string> looks, paths;
    Command command{"nonna-probe", "probe things"};
    Common common;

    Jobs()
    {
        Command& cut = command.subcommand("cut", "cut squares out", [] { return ExitStatus::done; });
        cut.positional("PATH", paths, "pictures", 1);
        cut.option("--frame", frame, "F", "`crop`[:SHARE] or `box`");
        cut.option("--look", looks, "LOOK", "how it looks");
        cut.choice("--detector", detector, {"face", "body", "catface", "yunet", "people", "others"},
                   "what to look for");
        Command& join = command.subcommand("join", "join sets", [] { return ExitStatus::done; });
        join.option("-o,--output", out, "OUT", "the set; `-` is standard output").required();
    }

    std::string page(const std::string& text)
    {
        test::write_bytes(folder / "page.1.in", text);
        return manual_page(command.state(), common, folder / "page.1.in");
    }

  private:
    test::Folder folder;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}    // namespace

BOOST_AUTO_TEST_SUITE(manual)

BOOST_AUTO_TEST_CASE(what_is_typed_keeps_its_case)
{
    const std::string text = Jobs().page("@NAME@\n@SYNOPSIS@\n@OPTIONS@\n");
    BOOST_TEST(has(text, ".It Fl \\-frame Ar F\n\\fBcrop\\fR[:SHARE] or \\fBbox\\fR.\n"));
    BOOST_TEST(has(text, "The set; \\fB\\-\\fR is standard output.\nMust be given.\n"));
    BOOST_TEST(has(text, "How it looks.\nMay be repeated.\n"));
    BOOST_TEST(has(text, ".It Fl \\-detector Cm face | body | catface | yunet | people | others\n"
                         "What to look for.\nBy default \\fBface\\fR.\n"));
    // The marks are for the manual alone.
    Jobs jobs;
    const Command::State& cut = jobs.command.state().jobs[0]->state();
    BOOST_TEST(has(help_text(jobs.command.state(), &cut, jobs.common), "  crop[:SHARE] or box\n"));
    BOOST_TEST(!has(interface_json(jobs.command.state(), jobs.common), "`"));
    for (const char* shell : {"bash", "zsh", "fish"})
        BOOST_TEST(!has(completion(jobs.command.state(), jobs.common, shell), "`"));
}

BOOST_AUTO_TEST_CASE(a_page_for_some_jobs)
{
    const std::string text = Jobs().page("@NAME join cut@\n.Nd both\n@SYNOPSIS join@\n@OPTIONS join@\n");
    BOOST_TEST(text.starts_with(".Nm nonna-probe-join ,\n.Nm nonna-probe-cut\n.Nd both\n"
                                ".Nm nonna-probe\n.Cm join\n.Fl o Ar OUT\n.Ss nonna-probe join\n"));
    BOOST_TEST(!has(text, "frame"));
    BOOST_TEST(has(text, ".Ss Options of every program\n"));
    BOOST_CHECK_THROW(Jobs().page("@NAME join@\n@SYNOPSIS join@\n@OPTIONS jion@\n"), Error);
}

BOOST_AUTO_TEST_CASE(an_overview_of_jobs)
{
    const std::string text = Jobs().page("@NAME@\n@SYNOPSIS@\n@JOBS@\n@OPTIONS@\n");
    BOOST_TEST(has(text, ".Nm\n.Cm cut\n.Op Ar option ...\n.Ar PATH ...\n.Nm\n.Cm join\n.Op Ar option ...\n"));
    BOOST_TEST(has(text, ".It Xr nonna-probe-cut 1\nCut squares out.\n.It Xr nonna-probe-join 1\nJoin sets.\n"));
    BOOST_TEST(!has(text, "Fl \\-frame"));
    BOOST_TEST(has(text, "Fl \\-print\\-config"));
}

BOOST_AUTO_TEST_CASE(a_synopsis_breaks_between_options)
{
    const std::string text = Jobs().page("@NAME@\n@SYNOPSIS@\n@OPTIONS@\n");
    BOOST_TEST(has(text, ".Op Fl \\-detector Ar DETECTOR\n"));
}

BOOST_AUTO_TEST_CASE(lines_to_fill_in_are_known)
{
    BOOST_CHECK_THROW(Jobs().page("@NAME@\n@SYNOPSIS@\n@OPTIONS@\n@WHATEVER@\n"), Error);
    BOOST_CHECK_THROW(Jobs().page("@NAME@\n@SYNOPSIS@\n"), Error);
    BOOST_TEST(has(Jobs().page("@NAME@\n@SYNOPSIS@\n@OPTIONS@\nname@host, @\n"), "name@host, @\n"));
}

BOOST_AUTO_TEST_SUITE_END()
