#include "cli/interface.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <unistd.h>

namespace
{

enum class Reach { near, all_over };

}    // namespace

template <>
inline constexpr auto nonna::names_of<Reach> = nonna::names<Reach>({
    {Reach::near, "near"},
    {Reach::all_over, "all-over"},
});

using namespace nonna;

namespace
{

// A program with one of everything.
struct Program {
    std::string model, output, rule = "adagrad";
    std::vector<std::string> images, data;
    std::int64_t batch = 100;
    std::uint64_t seed = 1;
    double rate = 0.01;
    std::optional<double> norm;
    std::optional<std::int64_t> steps;
    bool null = false;
    Reach reach = Reach::near;
    int side = 200, threads = 0;
    std::optional<std::int8_t> shift;
    std::uint64_t count = 7;
    Command command{"nonna-probe", "trains nothing"};
    Common common;

    Program()
    {
        command.positional("MODEL", model, "model file").positional("IMAGE", images, "pictures");
        command.option("-o,--output", output, "FILE", "trained model").required();
        command.option("--data", data, "FILE:WEIGHT", "image set");
        command.option("-n,--steps", steps, "N", "steps", 1, std::numeric_limits<std::int64_t>::max());
        command.option("--batch", batch, "N", "images in a step", 1, 1000);
        command.option("--seed", seed, "S", "seed");
        command.option("--rate", rate, "R", "learning rate", 0, 10);
        command.option("--norm", norm, "X", "norm", -1, 1);
        command.choice("--optimizer", rule, {"sgd", "adagrad"}, "update rule");
        command.flag("-0,--null", null, "NUL ends a name");
        command.choice("--reach", reach, "how far");
        command.option("--side", side, "N", "pixels", 0, 8192);
        command.option("--shift", shift, "N", "bits", -128, 127);
        command.option("--count", count, "N", "how many", 0, 5'000'000'000);
        command.threads(threads);
    }

    void run(std::vector<std::string> words, bool everything_needed = true)
    {
        words.insert(words.begin(), "nonna-probe");
        std::vector<char*> argv;
        for (std::string& w : words)
            argv.push_back(w.data());
        Parsed parsed = parse_command_line(static_cast<int>(argv.size()), argv.data(), command.state(), common);
        apply_values(command.state(), parsed, common.config, everything_needed);
    }

    // The message of the usage error that these words are.
    std::string refusal(const std::vector<std::string>& words)
    {
        try {
            run(words);
        } catch (const Error& e) {
            BOOST_TEST((e.status() == ExitStatus::usage));
            return e.what();
        }
        return "accepted";
    }
};

// A file that goes with the test.
struct File {
    std::string path;
    explicit File(const std::string& text)
    {
        char name[] = "/tmp/nonna-test-XXXXXX";
        int fd = mkstemp(name);
        BOOST_REQUIRE(fd >= 0);
        close(fd);
        path = name;
        std::ofstream(path) << text;
    }
    ~File() { std::filesystem::remove(path); }
};

struct Variable {
    std::string name;
    Variable(const std::string& n, const std::string& value) : name(n) { setenv(n.c_str(), value.c_str(), 1); }
    ~Variable() { unsetenv(name.c_str()); }
};

using Words = std::vector<std::string>;

}    // namespace

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_AUTO_TEST_CASE(values_reach_their_variables)
{
    Program p;
    p.run({"m",           "-ox",    "--batch=7", "--data", "a:1", "-n", "3",      "--rate",
           "1e-3",        "--norm", "-0.5",      "--data", "b:2", "-0", "--seed", "18446744073709551615",
           "--optimizer", "sgd",    "i",         "-"});
    BOOST_TEST(p.model == "m");
    BOOST_TEST(p.output == "x");
    BOOST_TEST(p.batch == 7);
    BOOST_TEST((p.data == Words{"a:1", "b:2"}));
    BOOST_TEST((p.images == Words{"i", "-"}));
    BOOST_TEST(p.steps.value() == 3);
    BOOST_TEST(p.rate == 1e-3);
    BOOST_TEST(p.norm.value() == -0.5);
    BOOST_TEST(p.seed == std::numeric_limits<std::uint64_t>::max());
    BOOST_TEST(p.rule == "sgd");
    BOOST_TEST(p.null);
}

BOOST_AUTO_TEST_CASE(enums_and_integers_of_any_type_are_bound_themselves)
{
    Program p;
    p.run({"m", "-o", "x", "--reach", "all-over", "--side", "8192", "--shift", "-128", "--count", "5000000000", "-j2"});
    BOOST_TEST((p.reach == Reach::all_over));
    BOOST_TEST(p.side == 8192);
    BOOST_TEST(int(p.shift.value()) == -128);
    BOOST_TEST(p.count == 5'000'000'000u);
    BOOST_TEST(p.threads == 2);
    const auto refusal = [](const Words& more) {
        Words words = {"m", "-o", "x"};
        words.insert(words.end(), more.begin(), more.end());
        return Program().refusal(words);
    };
    BOOST_TEST(refusal({"--reach", "far"}) == "--reach: 'far' is not one of near|all-over");
    BOOST_TEST(refusal({"--reach", ""}) == "--reach: '' is not one of near|all-over");
    BOOST_TEST(refusal({"--side", "8193"}) == "--side: 8193 is out of range (0 to 8192)");
    BOOST_TEST(refusal({"--shift", "128"}) == "--shift: 128 is out of range (-128 to 127)");
    BOOST_TEST(refusal({"--count", "-1"}) == "--count: -1 is out of range (0 to 5000000000)");
    BOOST_TEST(refusal({"--side", "4294967296"}) == "--side: 4294967296 is out of range (0 to 8192)");
    BOOST_TEST(refusal({"-j", "1025"}) == "--jobs: 1025 is out of range (0 to 1024)");

    // Limits that the variable cannot hold are our own mistake, found by any run.
    std::int16_t small = 0;
    std::optional<unsigned> positive;
    BOOST_CHECK_THROW(p.command.option("--small", small, "N", "", 0, 32768), Error);
    BOOST_CHECK_THROW(p.command.option("--positive", positive, "N", "", -1, 1), Error);
    p.command.option("--small", small, "N", "", -32768, 32767);
    p.command.option("--positive", positive, "N", "", 0, 4294967295);
}

BOOST_AUTO_TEST_CASE(words_give_another_program_the_same_values)
{
    Program p, other;
    p.run({"m", "-o", "a b", "--data", "x", "--data", "y", "--rate", "0.1", "--reach", "all-over", "-0"});
    Words words = p.command.words({"--output", "--data", "--steps", "--rate", "--reach", "--null", "--side"});
    BOOST_TEST((words == Words{"--output", "a b", "--data", "x", "--data", "y", "--rate", "0.1", "--reach", "all-over",
                               "--null", "--side", "200"}));
    words.insert(words.begin(), "m");
    other.run(words);
    BOOST_TEST((other.rate == p.rate && other.reach == p.reach && other.data == p.data && other.null));
    BOOST_TEST(Program().command.words({"--null", "--norm"}).empty());
    BOOST_CHECK_THROW(p.command.words({"--no-such"}), Error);
}

BOOST_AUTO_TEST_CASE(words_are_taken_as_they_are)
{
    Program p;
    p.run({"[a,b]", "--output=", "--data", "[c,d]", "--data", "--batch", "--", "--bad", "--", "[]"});
    BOOST_TEST(p.model == "[a,b]");
    BOOST_TEST(p.output == "");
    BOOST_TEST((p.data == Words{"[c,d]", "--batch"}));
    BOOST_TEST((p.images == Words{"--bad", "--", "[]"}));
    BOOST_TEST(p.batch == 100);
}

BOOST_AUTO_TEST_CASE(wrong_usage_names_the_option_and_the_reason)
{
    BOOST_TEST(Program().refusal({}) == "MODEL: missing");
    BOOST_TEST(Program().refusal({"m"}) == "--output: must be given");
    BOOST_TEST(Program().refusal({"m", "-o"}) == "--output: needs a value");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "--outputs=3"}) ==
               "--outputs: unknown option; did you mean --output? (nonna-probe --help lists them)");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "--out", "y"}) ==
               "--out: unknown option; did you mean --output? (nonna-probe --help lists them)");
    BOOST_TEST(Program().refusal({"m", "-0X", "-o", "x"}) == "-X: unknown option (nonna-probe --help lists them)");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "-rat", "1"}) ==
               "-rat: unknown option; did you mean --rate? (nonna-probe --help lists them)");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "-o", "y"}) == "--output: given more than once");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "--batch", "0"}) == "--batch: 0 is out of range (1 to 1000)");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "--steps", "0"}) == "--steps: 0 is out of range (at least 1)");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "--batch", "1x"}) == "--batch: '1x' is not a whole number");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "--batch", ""}) == "--batch: '' is not a whole number");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "--rate", "nan"}) == "--rate: 'nan' is not a number");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "--rate", "inf"}) == "--rate: 'inf' is not a number");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "--optimizer", "x"}) == "--optimizer: 'x' is not one of sgd|adagrad");
    BOOST_TEST(Program().refusal({"m", "-o", "x", "--seed", "-1"}).starts_with("--seed: '-1' is not a whole number"));
}

BOOST_AUTO_TEST_CASE(last_arguments_are_kept_for_those_who_need_them)
{
    std::vector<std::string> files;
    std::string target;
    Command c("nonna-probe", "copies");
    c.positional("FILE", files, "files", 2).positional("TARGET", target, "target");
    auto run = [&](Words words) {
        Common common;
        std::vector<char*> argv;
        for (std::string& w : words)
            argv.push_back(w.data());
        Parsed parsed = parse_command_line(static_cast<int>(argv.size()), argv.data(), c.state(), common);
        apply_values(c.state(), parsed, "", true);
    };
    run({"nonna-probe", "a", "b", "c"});
    BOOST_TEST((files == Words{"a", "b"}));
    BOOST_TEST(target == "c");
    BOOST_CHECK_THROW(run({"nonna-probe", "a", "c"}), Error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(jobs)

BOOST_AUTO_TEST_CASE(only_the_chosen_job_gets_values)
{
    std::vector<std::string> paths;
    std::int64_t size = 200;
    bool all = false;
    Command c("nonna-probe", "makes sets");
    Command& pack = c.subcommand("pack", "packs", [] { return ExitStatus::done; });
    pack.positional("PATH", paths, "folders", 1).option("--size", size, "N", "size", 1, 1000);
    c.subcommand("faces", "finds faces", [] { return ExitStatus::done; }).flag("--all", all, "all");
    auto run = [&](Words words) {
        Common common;
        words.insert(words.begin(), "nonna-probe");
        std::vector<char*> argv;
        for (std::string& w : words)
            argv.push_back(w.data());
        Parsed parsed = parse_command_line(static_cast<int>(argv.size()), argv.data(), c.state(), common);
        apply_values(c.state(), parsed, common.config, true);
        return parsed.job->name;
    };
    // A folder that is called like a job is a folder.
    BOOST_TEST(run({"-q", "pack", "faces", "--size", "3", "--", "-x"}) == "pack");
    BOOST_TEST((paths == Words{"faces", "-x"}));
    BOOST_TEST(size == 3);

    File settings("[pack]\nsize = 9\n[faces]\nall = true\n");
    BOOST_TEST(run({"pack", "a", "--config", settings.path}) == "pack");
    BOOST_TEST(size == 9);
    BOOST_TEST(!all);
    Variable v("NONNA_PROBE_PACK_SIZE", "10");
    BOOST_TEST(run({"--config", settings.path, "pack", "a"}) == "pack");
    BOOST_TEST(size == 10);

    BOOST_CHECK_THROW(run({"unpack"}), Error);
    BOOST_CHECK_THROW(run({"--all", "faces"}), Error);
    BOOST_CHECK_THROW(run({}), Error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sources)

BOOST_AUTO_TEST_CASE(file_then_environment_then_option)
{
    File settings("# a comment\nbatch = 7\nrate = 0.5\nseed = 5\ndata = [\"a:1\", \"b:2\"]\noutput = \"from "
                  "file\"\nnull = true\n");
    Variable batch("NONNA_PROBE_BATCH", "8"), rate("NONNA_PROBE_RATE", "0.75"), empty("NONNA_PROBE_SEED", "");
    Program p;
    p.run({"m", "--config", settings.path, "--rate", "0.25"});
    BOOST_TEST(p.batch == 8);
    BOOST_TEST(p.rate == 0.25);
    BOOST_TEST(p.seed == 5u);
    BOOST_TEST(p.output == "from file");
    BOOST_TEST((p.data == Words{"a:1", "b:2"}));
    BOOST_TEST(p.null);
}

BOOST_AUTO_TEST_CASE(a_stronger_list_replaces_the_weaker)
{
    File settings("data = [\"a:1\", \"b:2\"]\n");
    Program p;
    p.run({"m", "-o", "x", "--config", settings.path, "--data", "c:3"});
    BOOST_TEST((p.data == Words{"c:3"}));
}

BOOST_AUTO_TEST_CASE(faults_name_their_source)
{
    File unknown("batches = 7\n"), wrong("batch = many\n"), section("[pack]\nbatch = 1\n"), two("batch = [1, 2]\n");
    auto refusal = [](const File& f) { return Program().refusal({"m", "-o", "x", "--config", f.path}); };
    BOOST_TEST(refusal(unknown) == unknown.path + ": unknown option 'batches'; did you mean batch?");
    BOOST_TEST(refusal(wrong) == wrong.path + ": batch: 'many' is not a whole number");
    BOOST_TEST(refusal(section) == section.path + ": unknown section 'pack'");
    BOOST_TEST(refusal(two) == two.path + ": batch: expected one value, not 2");
    Variable v("NONNA_PROBE_BATCH", "0");
    BOOST_TEST(Program().refusal({"m", "-o", "x"}) == "NONNA_PROBE_BATCH: 0 is out of range (1 to 1000)");
    BOOST_CHECK_THROW(Program().run({"m", "-o", "x", "--config", "/tmp"}), Error);
    BOOST_CHECK_THROW(Program().run({"m", "-o", "x", "--config", "/tmp/nonna-no-such-file"}), Error);
}

BOOST_AUTO_TEST_CASE(printed_settings_are_read_again)
{
    Program first;
    first.run({"m", "-o", "[x] y,z='1'", "--data", "a b", "--batch", "3", "--norm", "0.1", "-0", "--reach=all-over"});
    File printed(print_config(first.command.state(), nullptr));
    Program second;
    second.run({"m", "--config", printed.path});
    BOOST_TEST(second.output == first.output);
    BOOST_TEST((second.data == first.data));
    BOOST_TEST(second.batch == 3);
    BOOST_TEST((second.reach == Reach::all_over));
    BOOST_TEST(second.norm.value() == 0.1);
    BOOST_TEST(!second.steps);
    BOOST_TEST(second.null);
    first.output = "a#b";
    BOOST_CHECK_THROW(print_config(first.command.state(), nullptr), Error);
}

BOOST_AUTO_TEST_CASE(lists_of_files)
{
    File lines("a\n\nb c\n"), nulls(std::string("a\nb\0c", 5));
    BOOST_TEST((read_file_list(lines.path, false) == Words{"a", "b c"}));
    BOOST_TEST((read_file_list(nulls.path, true) == Words{"a\nb", "c"}));
    BOOST_CHECK_THROW(read_file_list("/tmp", false), Error);
    BOOST_CHECK_THROW(read_file_list("/tmp/nonna-no-such-file", false), Error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(descriptions)

BOOST_AUTO_TEST_CASE(help_is_narrow_and_complete)
{
    Program p;
    std::string text = help_text(p.command.state(), nullptr, p.common);
    BOOST_TEST(text.starts_with("Usage: nonna-probe [OPTION]... MODEL [IMAGE...]\nTrains nothing.\n"));
    BOOST_TEST(text.find("  -o, --output FILE            trained model (needed)\n") != std::string::npos);
    BOOST_TEST(text.find("      --rate R                 learning rate [0.01]\n") != std::string::npos);
    for (const Declaration& d : p.command.state().declarations)
        BOOST_TEST(text.find(d.label()) != std::string::npos, d.label());
    std::size_t lines = 0;
    for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1, ++lines)
        BOOST_TEST(end - at <= 80u);
    BOOST_TEST(lines <= 24u);
}

BOOST_AUTO_TEST_CASE(page_is_filled_in)
{
    Program p;
    File page(".Dt X 1\n@NAME@\n@SYNOPSIS@\n.Sh OPTIONS\n@OPTIONS@\n.Sh SEE ALSO\n");
    std::string text = manual_page(p.command.state(), p.common, page.path);
    BOOST_TEST(text.starts_with(".Dt X 1\n.Nm nonna-probe\n.Nd trains nothing\n.Nm nonna-probe\n.Fl o Ar FILE\n"));
    BOOST_TEST(text.find(".It Fl o , Fl \\-output Ar FILE\nTrained model.\nMust be given.\n") != std::string::npos);
    BOOST_TEST(text.find("Learning rate.\nFrom 0 to 10, by default 0.01.\n") != std::string::npos);
    BOOST_TEST(text.ends_with(".El\n.Sh SEE ALSO\n"));
    File lacking(".Dt X 1\n@NAME@\n@SYNOPSIS@\n");
    BOOST_CHECK_THROW(manual_page(p.command.state(), p.common, lacking.path), Error);
}

BOOST_AUTO_TEST_CASE(choices_are_listed_wherever_an_interface_is_printed)
{
    Program p;
    const Command::State& state = p.command.state();
    BOOST_TEST(help_text(state, nullptr, p.common).find("--reach near|all-over    how far [near]\n") !=
               std::string::npos);
    BOOST_TEST(interface_json(state, p.common).find("\"choices\": [\"near\", \"all-over\"]") != std::string::npos);
    for (const char* shell : {"bash", "zsh", "fish"})
        BOOST_TEST(completion(state, p.common, shell).find("near all-over") != std::string::npos, shell);
    BOOST_TEST(print_config(state, nullptr).find("reach = \"near\"\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_are_declared_once)
{
    Program p;
    bool again = false;
    BOOST_CHECK_THROW(p.command.flag("--batch", again, "again"), Error);
    BOOST_CHECK_THROW(p.command.flag("-o,--other", again, "again"), Error);
}

BOOST_AUTO_TEST_CASE(wrapping)
{
    BOOST_TEST((wrap("aa bb ccc", 5) == Words{"aa bb", "ccc"}));
    BOOST_TEST((wrap("unbreakable", 5) == Words{"unbreakable"}));
    BOOST_TEST((wrap("", 5) == Words{""}));
}

BOOST_AUTO_TEST_SUITE_END()
