// Architectures, neurons' names and model files.
#include "base/error.h"
#include "base/parallel.h"
#include "model/model_file.h"
#include "model/neuron.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <filesystem>

#include <fstream>

#include <unistd.h>

using namespace nonna;
namespace fs = std::filesystem;

namespace
{

Architecture installed(const std::string& name)
{
    return Architecture::read(std::string(NONNA_SOURCE_DIR) + "/share/nonna/architectures/" + name + ".conf");
}

struct File {
    std::string path;
    File()
    {
        std::string name = (fs::temp_directory_path() / "nonna-model-XXXXXX").string();
        const int fd = mkstemp(name.data());
        BOOST_REQUIRE(fd >= 0);
        close(fd);
        path = name;
    }
    ~File() { fs::remove(path); }
    void write(const std::string& text) const { std::ofstream(path) << text; }
};

std::string refusal(const std::string& conf)
{
    File file;
    file.write(conf);
    try {
        Architecture::read(file.path);
    } catch (const Error& e) {
        BOOST_TEST(e.subject() == file.path);
        return e.reason();
    }
    return "accepted";
}

}    // namespace

BOOST_AUTO_TEST_SUITE(architecture)

BOOST_AUTO_TEST_CASE(paper_has_the_table_of_the_paper)
{
    const Architecture a = installed("paper");
    const int expected[3][3] = {{183, 179, 175}, {158, 154, 150}, {133, 129, 125}};
    for (int s = 0; s < 3; ++s) {
        BOOST_TEST(a.stages[s].filter.rows == expected[s][0]);
        BOOST_TEST(a.stages[s].pooled.rows == expected[s][1]);
        BOOST_TEST(a.stages[s].output.rows == expected[s][2]);
    }
    BOOST_TEST(a.stages[0].encoder_weights() == 183ull * 183 * 8 * 18 * 18 * 3);
    BOOST_TEST(a.encoder_weights() == 1144863072ull);    // 1,144.9 million
    BOOST_TEST(a.decoder_weights() == a.encoder_weights());
    BOOST_TEST(layer_shape(top_layer(a), a).size() == 125000u);
}

BOOST_AUTO_TEST_CASE(paper8_is_the_paper_at_the_side_nearest_to_an_eighth_of_its_weights)
{
    const Architecture paper = installed("paper"), eighth = installed("paper8");
    const auto at = [&](int side) {
        Architecture a = paper;
        a.side = side;
        a.complete("test");
        return a;
    };
    Architecture same = at(eighth.side);
    same.name = eighth.name;
    BOOST_TEST(same.to_json() == eighth.to_json());
    const auto apart = [&](int side) {
        return std::abs(8 * double(at(side).encoder_weights()) / double(paper.encoder_weights()) - 1);
    };
    BOOST_TEST(apart(eighth.side) < apart(eighth.side - 1));
    BOOST_TEST(apart(eighth.side) < apart(eighth.side + 1));
}

BOOST_AUTO_TEST_CASE(study_has_1352_top_neurons)
{
    const Architecture a = installed("study");
    BOOST_TEST(layer_shape(top_layer(a), a).size() == 1352u);
    BOOST_TEST(a.decoder_weights() == 0u);
}

BOOST_AUTO_TEST_CASE(json_round_trip)
{
    for (const char* name : {"tiny", "demo", "study", "paper8", "paper"}) {
        const Architecture a = installed(name);
        BOOST_TEST(Architecture::from_json(a.to_json(), "test").to_json() == a.to_json());
    }
    BOOST_CHECK_THROW(Architecture::from_json("{}", "test"), Error);
    BOOST_CHECK_THROW(Architecture::from_json("[1, 2", "test"), Error);
}

BOOST_AUTO_TEST_CASE(wrong_files_are_refused_with_the_reason)
{
    const std::string good = "[network]\nside = 16\n[stage1]\nfield = 5\nmaps = 2\n";
    BOOST_TEST(refusal(good) == "accepted");
    BOOST_TEST(refusal("[network]\nside = 16\n") == "no [stage1]");
    BOOST_TEST(refusal(good + "feild = 4\n") == "unknown key 'feild' in section [stage1]");
    BOOST_TEST(refusal(good + "stride = two\n") == "[stage1] stride = two: not a number");
    BOOST_TEST(refusal(good + "tied = maybe\n") == "[stage1] tied = maybe: not true or false");
    BOOST_TEST(refusal(good + "pool = 13\n") == "[stage1] pool does not fit its input of side 12");
    BOOST_TEST(refusal(good + "[stage3]\nfield = 2\n") == "section [stage3] where [network] or [stage2] was expected");
    BOOST_TEST(refusal(good + "norm = 4\n") == "[stage1] norm must be 0 or odd");
    BOOST_TEST(refusal("[network]\nside = 16\nnonsense\n").starts_with("line 3: "));
    BOOST_CHECK_THROW(Architecture::read("no-such-architecture"), Error);
}

BOOST_AUTO_TEST_CASE(names_of_neurons)
{
    const Architecture a = installed("study");
    BOOST_TEST(neuron_name(parse_neuron("3.norm/6,6,2", a)) == "3.norm/6,6,2");
    BOOST_TEST(neuron_name(parse_neuron("top/0,12,7", a)) == "3.norm/0,12,7");
    BOOST_TEST(neuron_name(parse_neuron("1.filter/38,0,0", a)) == "1.filter/38,0,0");
    for (const char* wrong : {"", "top", "4.norm/0,0,0", "1.filter/39,0,0", "top/0,0,8", "top/-1,0,0", "top/1,2",
                              "top/1,2,3,4", "top/1,2,3x", "1.filtre/0,0,0", "top/,,"})
        BOOST_CHECK_EXCEPTION(parse_neuron(wrong, a), Error,
                              [](const Error& e) { return e.status() == ExitStatus::usage; });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(model_file)

BOOST_AUTO_TEST_CASE(round_trip)
{
    const Architecture a = installed("tiny");
    Preprocessing p;
    p.side = 16;
    Pool pool(1);
    Model model = random_model(a, p, 3, pool);
    model.statistics = {2, 4, 0, 0};
    model.provenance["seed"] = "3";
    File file;
    save_model(file.path, model);
    const Model back = load_model(file.path);
    BOOST_TEST((back.parameters == model.parameters));
    BOOST_TEST((back.statistics == model.statistics));
    BOOST_TEST(back.alpha(0) == 0.5);
    BOOST_TEST(back.alpha(1) == 1.0);    // untied
    BOOST_TEST(back.provenance.at("seed") == "3");
    BOOST_TEST(back.architecture.to_json() == a.to_json());

    // equal models are equal bytes
    File again;
    save_model(again.path, back);
    std::ifstream one(file.path), two(again.path);
    BOOST_TEST(
        (std::string(std::istreambuf_iterator<char>(one), {}) == std::string(std::istreambuf_iterator<char>(two), {})));
}

BOOST_AUTO_TEST_CASE(reloading_keeps_the_arrays)
{
    const Architecture a = installed("tiny");
    Preprocessing p;
    p.side = 16;
    Pool pool(1);
    const Model first = random_model(a, p, 3, pool);
    File file;
    save_model(file.path, first);
    Model model = random_model(a, p, 4, pool);
    model.provenance["step"] = "9";
    const float* const weights = model.parameters.data();
    const std::size_t reserved = memory::reserved();
    reload_model(file.path, model);
    BOOST_TEST((model.parameters == first.parameters && model.parameters.data() == weights));
    BOOST_TEST(memory::reserved() == reserved);
    BOOST_TEST(!model.provenance.contains("step"));
    Architecture other = a;
    other.stages[0].lambda = 0.7;
    Model another = random_model(other, p, 3, pool);
    BOOST_CHECK_THROW(reload_model(file.path, another), Error);
}

BOOST_AUTO_TEST_CASE(seeds_and_norms)
{
    const Architecture a = installed("tiny");
    Preprocessing p;
    p.side = 16;
    Pool pool(1), three(3);
    BOOST_TEST((random_model(a, p, 3, pool).parameters == random_model(a, p, 3, three).parameters));
    BOOST_TEST((random_model(a, p, 3, pool).parameters != random_model(a, p, 4, pool).parameters));
}

BOOST_AUTO_TEST_CASE(truncated_and_foreign_files_are_refused)
{
    const Architecture a = installed("tiny");
    Preprocessing p;
    p.side = 16;
    File file;
    Pool pool(1);
    save_model(file.path, random_model(a, p, 3, pool));
    const auto size = fs::file_size(file.path);
    for (const auto cut : {size - 1, size / 2, std::uintmax_t(100), std::uintmax_t(7), std::uintmax_t(0)}) {
        fs::resize_file(file.path, cut);
        BOOST_CHECK_THROW(load_model(file.path), Error);
    }
    file.write("hello, world, this is no model at all");
    BOOST_CHECK_THROW(load_model(file.path), Error);
    BOOST_CHECK_THROW(load_model(file.path + "-missing"), Error);
}

BOOST_AUTO_TEST_SUITE_END()
