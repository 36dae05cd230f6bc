#include "io/image_meta.h"

#include "base/error.h"
#include "io/json_check.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

namespace nonna {

namespace {

using Json = nlohmann::json;

const std::set<std::string> own_fields = {"source", "sha256",     "pts",     "width", "height",
                                          "label",  "detections", "framing", "group", "half"};

// The fields that are texts and may be missing.
const std::pair<const char*, std::optional<std::string> ImageMeta::*> texts[] = {{"label", &ImageMeta::label},
                                                                                 {"framing", &ImageMeta::framing},
                                                                                 {"group", &ImageMeta::group},
                                                                                 {"half", &ImageMeta::half}};

bool is_sha256(const std::string& text)
{
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Typed access to one object of the json; every refusal names archive, member and field.
struct Fields {
    const Json& object;
    const std::string &archive, &member;
    std::string path;    // "detections[0]." inside one

    Error refuse(const std::string& field, const std::string& reason) const
    {
        return {archive, member + ": field '" + path + field + "' " + reason};
    }
    const Json& at(const std::string& field) const
    {
        const auto found = object.find(field);
        if (found == object.end())
            throw refuse(field, "is missing");
        return *found;
    }
    std::string text(const std::string& field) const
    {
        if (!at(field).is_string())
            throw refuse(field, "is not a string");
        return at(field).get<std::string>();
    }
    double number(const std::string& field) const
    {
        if (!at(field).is_number())
            throw refuse(field, "is not a number");
        return at(field).get<double>();
    }
    int size(const std::string& field) const
    {
        const Json& value = at(field);
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() < 1 || value.get<std::uint64_t>() > 1'000'000)
            throw refuse(field, "is not a whole number from 1 to 1000000");
        return value.get<int>();
    }
    const Json& array(const std::string& field) const
    {
        if (!at(field).is_array())
            throw refuse(field, "is not an array");
        return at(field);
    }
    Fields element(const std::string& field, std::size_t i) const
    {
        Fields inner{object.at(field).at(i), archive, member, path + field + "[" + std::to_string(i) + "]."};
        if (!inner.object.is_object())
            throw refuse(field + "[" + std::to_string(i) + "]", "is not an object");
        return inner;
    }
    void only(const std::set<std::string>& known) const
    {
        for (const auto& entry : object.items())
            if (!known.contains(entry.key()))
                throw refuse(entry.key(), "is unknown");
    }
};

Box read_box(const Fields& fields)
{
    fields.only({"x", "y", "width", "height", "score"});
    Box box{fields.number("x"), fields.number("y"), fields.number("width"), fields.number("height"),
            fields.number("score")};
    if (box.width < 0 || box.height < 0)
        throw fields.refuse(box.width < 0 ? "width" : "height", "is negative");
    return box;
}

}    // namespace

ImageMeta meta_from_json(std::string_view text, const std::string& archive, const std::string& member)
{
    check_json_object(text, archive, member);
    Json json = Json::parse(text);
    const Fields fields{json, archive, member, ""};
    ImageMeta meta;
    meta.source = fields.text("source");
    meta.sha256 = fields.text("sha256");
    if (!is_sha256(meta.sha256))
        throw fields.refuse("sha256", "is not 64 lower-case hexadecimal digits");
    meta.width = fields.size("width");
    meta.height = fields.size("height");
    if (json.contains("pts"))
        meta.pts = fields.number("pts");
    for (const auto& [field, member_text] : texts)
        if (json.contains(field))
            meta.*member_text = fields.text(field);
    if (meta.half && *meta.half != "a" && *meta.half != "b")
        throw fields.refuse("half", "is neither a nor b");
    if (json.contains("detections"))
        for (std::size_t i = 0; i < fields.array("detections").size(); ++i) {
            const Fields inner = fields.element("detections", i);
            inner.only({"detector", "parameters", "boxes", "kept"});
            Detection detection{inner.text("detector"), inner.text("parameters"), {}, {}};
            if (inner.object.contains("kept"))
                detection.kept = inner.text("kept");
            for (std::size_t b = 0; b < inner.array("boxes").size(); ++b)
                detection.boxes.push_back(read_box(inner.element("boxes", b)));
            meta.detections.push_back(std::move(detection));
        }
    for (const auto& field : own_fields)
        json.erase(field);
    meta.other = json.dump();
    return meta;
}

std::string meta_to_json(const ImageMeta& meta, const std::string& archive, const std::string& member)
{
    const auto finite = [&](double value) {
        if (!std::isfinite(value))
            throw Error(archive, member + ": a number that is not finite");
        return value;
    };
    check_json_object(meta.other, archive, member);
    Json json = Json::parse(meta.other);
    for (const auto& field : own_fields)
        if (json.contains(field))
            throw Error(archive, member + ": field '" + field + "' is given twice");
    if (!is_sha256(meta.sha256))
        throw Error(archive, member + ": field 'sha256' is not 64 lower-case hexadecimal digits");
    if (meta.width < 1 || meta.height < 1)
        throw Error(archive, member + ": no width or height");
    json["source"] = meta.source;
    json["sha256"] = meta.sha256;
    json["width"] = meta.width;
    json["height"] = meta.height;
    if (meta.pts)
        json["pts"] = finite(*meta.pts);
    for (const auto& [field, member_text] : texts)
        if (meta.*member_text)
            json[field] = *(meta.*member_text);
    for (const auto& detection : meta.detections) {
        Json boxes = Json::array();
        for (const auto& box : detection.boxes)
            boxes.push_back({{"x", finite(box.x)},
                             {"y", finite(box.y)},
                             {"width", finite(box.width)},
                             {"height", finite(box.height)},
                             {"score", finite(box.score)}});
        Json verdict = {
            {"detector", detection.detector}, {"parameters", detection.parameters}, {"boxes", std::move(boxes)}};
        if (!detection.kept.empty())
            verdict["kept"] = detection.kept;
        json["detections"].push_back(std::move(verdict));
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}    // namespace nonna
