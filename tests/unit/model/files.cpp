// Architectures, neurons' names and model files.
#include "../files.h"
#include "base/error.h"
#include "base/parallel.h"
#include "model/model_file.h"
#include "model/network.h"
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

BOOST_AUTO_TEST_CASE(study_has_1296_top_neurons)
{
    const Architecture a = installed("study");
    BOOST_TEST(layer_shape(top_layer(a), a).size() == 1296u);
    BOOST_TEST(a.decoder_weights() == 0u);
}

BOOST_AUTO_TEST_CASE(layers_are_named_once_and_in_order)
{
    const Architecture a = installed("study");
    const auto names = [&](const std::vector<std::string>& wanted) {
        std::string text;
        for (const LayerId layer : parse_layers(wanted, a))
            text += layer_name(layer) + " ";
        return text;
    };
    BOOST_TEST(names({}) == "3.norm ");
    BOOST_TEST(names({"2.pool", "top", "1.filter", "2.pool", "3.norm"}) == "2.pool 3.norm 1.filter ");
    BOOST_TEST(names({"top", "all", "2.pool"}) ==
               "1.filter 1.pool 1.norm 2.filter 2.pool 2.norm 3.filter 3.pool 3.norm ");
    BOOST_CHECK_THROW(names({"4.pool"}), Error);
}

BOOST_AUTO_TEST_CASE(controls_of_study_search_as_many_top_neurons)
{
    for (const char* name : {"study-autoencoder3", "study-autoencoder6", "study-nonorm"}) {
        const Architecture a = installed(name);
        BOOST_TEST(layer_shape(top_layer(a), a).size() == 1296u);
        const Area area = top_visible_area(a);
        BOOST_TEST((area.rows == 40 && area.columns == 40));
        BOOST_TEST(a.decoder_weights() == 0u);
    }
    const Architecture six = installed("study-autoencoder6");
    BOOST_TEST(all_layers(six).size() == 6u);
    BOOST_TEST(layer_name(top_layer(six)) == "6.filter");
    BOOST_TEST(neuron_name(parse_neuron("top/0,8,7", six)) == "6.filter/0,8,7");
    BOOST_CHECK_THROW(parse_layer("6.pool", six), Error);
    BOOST_TEST(layer_name(top_layer(installed("study-nonorm"))) == "3.pool");
    BOOST_TEST(six.biases() == 42u * 42 * 8 + 36 * 36 * 8 + 30 * 30 * 8 + 24 * 24 * 8 + 18 * 18 * 8 + 9 * 9 * 16 +
                                   48 * 48 + 42 * 42 * 8 + 36 * 36 * 8 + 30 * 30 * 8 + 24 * 24 * 8 + 18 * 18 * 8);
}

BOOST_AUTO_TEST_CASE(json_round_trip)
{
    for (const char* name :
         {"tiny", "demo", "study", "paper8", "paper", "study-autoencoder3", "study-autoencoder6", "study-nonorm"}) {
        const Architecture a = installed(name);
        BOOST_TEST(Architecture::from_json(a.to_json(), "test").to_json() == a.to_json());
    }
    // What was written before there were two kinds of stages is written still.
    BOOST_TEST(installed("tiny").to_json() ==
               R"({"name":"tiny","side":16,"channels":3,"whitening":5,"stages":[)"
               R"({"field":5,"maps":4,"stride":1,"pool":3,"norm":3,"border":"same","tied":true,"unit_norm":true,)"
               R"("lambda":0.1,"epsilon":0.001,"c":0.01},)"
               R"({"field":4,"maps":4,"stride":1,"pool":2,"norm":3,"border":"same","tied":false,"unit_norm":true,)"
               R"("lambda":0.1,"epsilon":0.001,"c":0.01}]})");
    File file;
    file.write("[network]\nname = both\nside = 9\n[stage1]\nfield = 3\nmaps = 2\npool = 2\n"
               "[stage2]\nkind = autoencoder\nfield = 2\nmaps = 5\ntied = false\n");
    const Architecture both = Architecture::read(file.path);
    BOOST_TEST(both.to_json() ==
               R"({"name":"both","side":9,"channels":3,"whitening":11,"stages":[)"
               R"({"field":3,"maps":2,"stride":1,"pool":2,"norm":5,"border":"same","tied":true,"unit_norm":true,)"
               R"("lambda":0.1,"epsilon":0.001,"c":0.01},)"
               R"({"kind":"autoencoder","field":2,"maps":5,"stride":1,"tied":false,"lambda":0.0}]})");
    BOOST_TEST(Architecture::from_json(both.to_json(), "test").to_json() == both.to_json());
    std::string other = both.to_json();
    other.replace(other.find("autoencoder"), 11, "perceptron!");
    BOOST_CHECK_THROW(Architecture::from_json(other, "test"), Error);
    BOOST_CHECK_THROW(Architecture::from_json("{}", "test"), Error);
    BOOST_CHECK_THROW(Architecture::from_json("[1, 2", "test"), Error);
}

BOOST_AUTO_TEST_CASE(wrong_files_are_refused_with_the_reason)
{
    const std::string good = "[network]\nside = 16\n[stage1]\nfield = 5\nmaps = 2\n";
    BOOST_TEST(refusal(good) == "accepted");
    BOOST_TEST(refusal("[network]\nside = 16\n") == "no [stage1]");
    BOOST_TEST(refusal(good + "feild = 4\n") == "unknown key 'feild' in section [stage1]; did you mean field?");
    BOOST_TEST(refusal(good + "stride = two\n") == "[stage1] stride = two: not a number");
    BOOST_TEST(refusal(good + "tied = maybe\n") == "[stage1] tied = maybe: not true or false");
    BOOST_TEST(refusal(good + "pool = 13\n") == "[stage1] pool does not fit its input of side 12");
    BOOST_TEST(refusal(good + "[stage3]\nfield = 2\n") ==
               "section [stage3] where [network], [stage2] or [training] was expected");
    BOOST_TEST(refusal(good + "norm = 4\n") == "[stage1] norm must be 0 or odd");
    BOOST_TEST(refusal("[network]\nside = 16\nnonsense\n").starts_with("line 3: "));
    BOOST_TEST(refusal(good + "kind = rica\n") == "accepted");
    BOOST_TEST(refusal(good + "kind = conv\n") == "[stage1] kind = conv: not rica or autoencoder");
    const std::string autoencoder = good + "kind = autoencoder\n";
    BOOST_TEST(refusal(autoencoder + "stride = 2\ntied = false\nlambda = 0.01\n") == "accepted");
    for (const char* key : {"pool", "norm", "border", "unit_norm", "epsilon", "c"})
        BOOST_TEST(refusal(autoencoder + key + " = 1\n") ==
                   std::string("[stage1] key '") + key + "' means nothing in a stage of kind autoencoder");
    BOOST_TEST(refusal(autoencoder + "feild = 4\n") == "unknown key 'feild' in section [stage1]; did you mean field?");
    BOOST_TEST(refusal(autoencoder + "[stage2]\nkind = autoencoder\nfield = 13\n") ==
               "[stage2] field does not fit its input of side 12");
    BOOST_TEST(refusal("[network]\nside = 16\nkind = autoencoder\n") == "unknown key 'kind' in section [network]");
    BOOST_CHECK_THROW(Architecture::read("no-such-architecture"), Error);
}

// A folder called as an installed architecture, as a folder of results may be, does not hide it.
BOOST_AUTO_TEST_CASE(a_folder_is_no_architecture)
{
    const test::Folder folder;
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path);
    std::filesystem::create_directory("tiny");
    BOOST_TEST(Architecture::read("tiny").name == "tiny");
    BOOST_TEST(Architecture::of_any("tiny").name == "tiny");
    BOOST_TEST(!Architecture::is_model("tiny"));
    std::filesystem::current_path(before);
}

BOOST_AUTO_TEST_CASE(names_of_neurons)
{
    const Architecture a = installed("study");
    BOOST_TEST(neuron_name(parse_neuron("3.norm/6,6,2", a)) == "3.norm/6,6,2");
    BOOST_TEST(neuron_name(parse_neuron("top/0,8,7", a)) == "3.norm/0,8,7");
    BOOST_TEST(neuron_name(parse_neuron("1.filter/38,0,0", a)) == "1.filter/38,0,0");
    for (const char* wrong : {"", "top", "4.norm/0,0,0", "1.filter/41,0,0", "top/0,0,16", "top/-1,0,0", "top/1,2",
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

// Where a model says nothing, as those of earlier versions, pictures are decoded whole; and it remains the same model.
BOOST_AUTO_TEST_CASE(how_pictures_are_decoded_is_the_models)
{
    Preprocessing p;
    p.side = 16;
    Pool pool(1);
    Model model = random_model(installed("tiny"), p, 3, pool);
    const std::string whole = model_identity(model.architecture, model.preprocessing);
    BOOST_TEST(whole.find("decode") == std::string::npos);
    const File file;
    save_model(file.path, model);
    BOOST_TEST((load_model(file.path).preprocessing.decode == DecodeSize::whole));

    model.preprocessing.decode = DecodeSize::reduced;
    BOOST_TEST(model_identity(model.architecture, model.preprocessing) != whole);
    save_model(file.path, model);
    BOOST_TEST((load_model_head(file.path).preprocessing.decode == DecodeSize::reduced));
    BOOST_TEST((load_model(file.path).preprocessing.form().decode == DecodeSize::reduced));

    std::ifstream in(file.path, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    bytes.replace(bytes.find("reduced"), 7, "halved!");
    file.write(bytes);
    BOOST_CHECK_EXCEPTION(load_model(file.path), Error, [](const Error& e) {
        return e.reason() == "its pictures are decoded in a way that this version does not know";
    });
}

BOOST_AUTO_TEST_CASE(biases_are_parameters)
{
    File conf;
    conf.write("[network]\nname = both\nside = 9\nwhitening = 0\n"
               "[stage1]\nkind = autoencoder\nfield = 3\nmaps = 2\nstride = 2\n"
               "[stage2]\nkind = autoencoder\nfield = 2\nmaps = 5\ntied = false\n"
               "[stage3]\nfield = 2\nmaps = 3\npool = 2\nnorm = 0\n");
    const Architecture a = Architecture::read(conf.path);
    // each segment begins where the one before it ends, in the network's order
    Pool pool(1);
    Network<float> network(a, 3, pool);
    const std::vector<ParameterTensor> layout = parameter_layout(a);
    std::vector<std::string> names;
    std::size_t end = 0, i = 0;
    for (int s = 0; s < 3; ++s) {
        const std::size_t first = end;
        for (const Segment& segment : network.stage(s).segments()) {
            BOOST_REQUIRE(i < layout.size());
            const Segment& own = layout[i].segment;
            BOOST_TEST(own.offset == end);
            BOOST_TEST(first + segment.offset == end);
            BOOST_TEST((own.matrices == segment.matrices && own.rows == segment.rows &&
                        own.columns == segment.columns && own.unit_norm == segment.unit_norm));
            std::uint64_t size = 1;
            for (const std::uint64_t d : layout[i].shape)
                size *= d;
            BOOST_TEST(size == own.size());
            end += own.size();
            names.push_back(layout[i++].name);
        }
    }
    BOOST_TEST(end == parameter_count(a));
    BOOST_TEST(end == network.parameters());
    const std::vector<std::string> expected = {"stage1.encoder",      "stage1.encoder_bias", "stage1.decoder_bias",
                                               "stage2.encoder",      "stage2.decoder",      "stage2.encoder_bias",
                                               "stage2.decoder_bias", "stage3.encoder"};
    BOOST_TEST(names == expected, boost::test_tools::per_element());

    Preprocessing p;
    p.side = 9;
    Model model = random_model(a, p, 3, pool);
    for (const ParameterTensor& t : layout)
        if (t.bias)
            for (std::size_t k = 0; k < t.segment.size(); ++k) {
                BOOST_REQUIRE_EQUAL(model.parameters[t.segment.offset + k], 0.0f);
                model.parameters[t.segment.offset + k] = float(k) / 7;
            }
    model.statistics = {1, 2, 3, 4, 5, 10};
    File file;
    save_model(file.path, model);
    const Model back = load_model(file.path);
    BOOST_TEST((back.parameters == model.parameters));
    BOOST_TEST(back.alpha(0) == 1.0);
    BOOST_TEST(back.alpha(1) == 1.0);
    BOOST_TEST(back.alpha(2) == 0.5);
    std::vector<float> some(layout[6].segment.size() + 4);    // a decoder's bias and what follows it
    load_parameters(file.path, a, layout[6].segment.offset, some);
    BOOST_TEST(
        std::equal(some.begin(), some.end(), model.parameters.begin() + std::ptrdiff_t(layout[6].segment.offset)));
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
    for (const Start start : {Start::alike, Start::apart}) {
        const Model model = random_model(a, p, 3, pool, start);
        BOOST_TEST((model.parameters == random_model(a, p, 3, three, start).parameters));
        BOOST_TEST(model.provenance.at("start") == name_of(start));
        for (const ParameterTensor& t : parameter_layout(a)) {    // encoders, and untied decoders
            const std::size_t matrix = t.segment.rows * t.segment.columns;
            const float* const first = model.parameters.data() + t.segment.offset;
            for (std::size_t m = 1; m < t.segment.matrices && !t.bias; ++m)
                BOOST_TEST(std::equal(first, first + matrix, first + m * matrix) == (start == Start::alike), t.name);
        }
    }
    // one that begins alike has at every position what one that begins apart has at the first
    BOOST_TEST(random_model(a, p, 3, pool, Start::apart).parameters[7] == random_model(a, p, 3, pool).parameters[7]);
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
